import type { FilterName, SearchPurpose } from '../../data/log-search.ts';
import type { Catalogue } from '../../look/language.tsx';

type Names<N extends string> = Readonly<Record<N, string>>;

interface LogWords {
  readonly title: string;
  readonly titleOf: (size: number) => string;
  readonly lead: string;
  readonly empty: string;
  readonly nothing: string;
  readonly newer: string;
  readonly search: string;
  readonly clear: string;
  readonly filter: string;
  readonly moreFilters: string;
  readonly list: string;
  readonly found: (count: number) => string;
  readonly foundSoFar: (count: number) => string;
  readonly lookedTo: (place: number) => string;
  readonly lookFurther: string;
  readonly usual: string;
  readonly every: string;
  readonly any: string;
  readonly text: string;
  readonly textHint: string;
  readonly findText: string;
  readonly purposeFirst: string;
  readonly sayPurpose: string;
  readonly purposeTitle: string;
  readonly purposeLead: string;
  readonly purposeConfirm: string;
  readonly purpose: string;
  readonly purposes: Names<SearchPurpose['kind']>;
  readonly reference: string;
  readonly referenceHint: string;
  readonly columns: Names<'time' | 'kind' | 'action' | 'actor' | 'tenant' | 'model' | 'found' | 'result' | 'receipt'>;
  readonly filters: Names<FilterName>;
  readonly kinds: Readonly<Record<string, string>>;
  readonly states: Names<'changed' | 'gone' | 'unreadable'>;
}

export const LOG_WORDS: Catalogue<LogWords> = {
  en: {
    title: 'Log',
    titleOf: (size) => (size === 1 ? 'One record in the log' : `${size.toLocaleString('en-GB')} records in the log`),
    lead: 'Each stands in the signed log; its receipt leads to the record and its proof. No text is kept. Every search is itself on the record, with its purpose.',
    empty: 'No record yet. This command asks a model and makes some:',
    nothing: 'No record says all of this. Leave a filter out, or widen the time.',
    newer: 'Look for newer ones',
    search: 'Search',
    clear: 'Clear the filters',
    filter: 'Filters',
    moreFilters: 'More filters',
    list: 'Records found',
    found: (count) =>
      count === 1 ? 'One record, all of them shown' : `${count.toLocaleString('en-GB')} records, all of them here`,
    foundSoFar: (count) => `${count.toLocaleString('en-GB')} records so far, newest first; more follow as you scroll`,
    lookedTo: (place) => `Looked down to record ${place.toLocaleString('en-GB')} of the log.`,
    lookFurther: 'Look further',
    usual: 'All but readings',
    every: 'All',
    any: 'Any',
    text: 'A text',
    textHint:
      'Finds the records that speak of exactly this text: of a message, an answer, a whole body. It is compared by keyed digest and kept nowhere.',
    findText: 'Find this text',
    purposeFirst: 'The log says who did what. Say first what you search it for: that goes on the record too.',
    sayPurpose: 'Say the purpose',
    purposeTitle: 'What do you search the log for?',
    purposeLead: 'Asked once a session. Purpose and reference go on the record, with every search that follows.',
    purposeConfirm: 'Put on record and search',
    purpose: 'Purpose',
    purposes: {
      control: 'A planned check',
      incident: 'An incident',
      request: 'A person asks what is known of them',
      authority: 'A court or a supervisor asks',
      operation: 'Something does not work',
    },
    reference: 'Reference',
    referenceHint: 'Number or name of the case, where there is one. No names of persons: it stays in the log.',
    columns: {
      time: 'Time',
      kind: 'Kind',
      action: 'Action',
      actor: 'By',
      tenant: 'Tenant',
      model: 'Model',
      found: 'Found',
      result: 'Result',
      receipt: 'Receipt',
    },
    filters: {
      from: 'From',
      to: 'Until',
      kind: 'Kind',
      tenant: 'Tenant',
      model: 'Model',
      code: 'Result',
      entity: 'Found in the text',
      key: 'API key',
      person: 'Person',
      policy: 'Policy',
      class: 'Data class',
      status: 'HTTP status',
      action: 'Action',
      object: 'Changed or read',
      outside: 'Answered outside by',
      process: 'Process',
      state: 'State of the record',
      receipt: 'Receipt',
      digest: 'Digest',
    },
    kinds: {
      intent: 'Request',
      outcome: 'Outcome',
      refusal: 'Refusal',
      change: 'Change',
      read: 'Reading',
      session: 'Session',
      lifecycle: 'Start or stop',
      heartbeat: 'Sign of life',
    },
    states: { changed: 'changed since', gone: 'gone', unreadable: 'does not read' },
  },
  fr: {
    title: 'Journal',
    titleOf: (size) =>
      size === 1 ? 'Un enregistrement au journal' : `${size.toLocaleString('fr-FR')} enregistrements au journal`,
    lead: 'Chacun figure au journal signé ; son reçu mène à l’enregistrement et à sa preuve. Aucun texte n’est conservé. Toute recherche est elle-même consignée, avec son motif.',
    empty: 'Aucun enregistrement pour l’instant. Cette commande interroge un modèle et en crée :',
    nothing: 'Aucun enregistrement ne réunit tout cela. Retirez un critère, ou élargissez la période.',
    newer: 'Chercher les plus récents',
    search: 'Rechercher',
    clear: 'Effacer les critères',
    filter: 'Critères',
    moreFilters: 'Autres critères',
    list: 'Enregistrements trouvés',
    found: (count) =>
      count === 1
        ? 'Un enregistrement, le seul'
        : `${count.toLocaleString('fr-FR')} enregistrements, tous présents ici`,
    foundSoFar: (count) =>
      `${count.toLocaleString('fr-FR')} enregistrements jusqu’ici, du plus récent au plus ancien ; la suite vient au défilement`,
    lookedTo: (place) => `Parcouru jusqu’à l’enregistrement ${place.toLocaleString('fr-FR')} du journal.`,
    lookFurther: 'Chercher plus loin',
    usual: 'Tout sauf lectures',
    every: 'Tout',
    any: 'Indifférent',
    text: 'Un texte',
    textHint:
      'Trouve les enregistrements qui portent exactement sur ce texte : un message, une réponse, un corps entier. Il est comparé par empreinte à clé et n’est conservé nulle part.',
    findText: 'Trouver ce texte',
    purposeFirst: 'Le journal dit qui a fait quoi. Dites d’abord pourquoi vous le consultez : cela aussi est consigné.',
    sayPurpose: 'Indiquer le motif',
    purposeTitle: 'Pourquoi consultez-vous le journal ?',
    purposeLead:
      'Demandé une fois par session. Le motif et la référence sont consignés, avec chaque recherche qui suit.',
    purposeConfirm: 'Consigner et rechercher',
    purpose: 'Motif',
    purposes: {
      control: 'Un contrôle prévu',
      incident: 'Un incident',
      request: 'Une personne exerce son droit d’accès',
      authority: 'Une autorité ou un tribunal le demande',
      operation: 'Quelque chose ne fonctionne pas',
    },
    reference: 'Référence',
    referenceHint: 'Numéro ou nom du dossier, s’il y en a un. Aucun nom de personne : il reste au journal.',
    columns: {
      time: 'Heure',
      kind: 'Nature',
      action: 'Action',
      actor: 'Par',
      tenant: 'Locataire',
      model: 'Modèle',
      found: 'Trouvé',
      result: 'Résultat',
      receipt: 'Reçu',
    },
    filters: {
      from: 'Depuis',
      to: 'Jusqu’à',
      kind: 'Nature',
      tenant: 'Locataire',
      model: 'Modèle',
      code: 'Résultat',
      entity: 'Trouvé dans le texte',
      key: 'Clé d’API',
      person: 'Personne',
      policy: 'Politique',
      class: 'Classe de données',
      status: 'Code HTTP',
      action: 'Action',
      object: 'Modifié ou lu',
      outside: 'Répondu dehors par',
      process: 'Processus',
      state: 'État de l’enregistrement',
      receipt: 'Reçu',
      digest: 'Empreinte',
    },
    kinds: {
      intent: 'Requête',
      outcome: 'Issue',
      refusal: 'Refus',
      change: 'Modification',
      read: 'Lecture',
      session: 'Session',
      lifecycle: 'Démarrage ou arrêt',
      heartbeat: 'Signe de vie',
    },
    states: { changed: 'modifié depuis', gone: 'disparu', unreadable: 'illisible' },
  },
};

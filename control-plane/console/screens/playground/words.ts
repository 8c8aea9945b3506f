import type { Catalogue } from '../../look/language.tsx';

export const PLAYGROUND_WORDS = {
  en: {
    idle: 'Ask a model, and see what it saw',
    asking: (model: string) => `Asking ${model}…`,
    seconds: (count: number) => `${count} s`,
    answered: (replaced: number, restored: number) =>
      replaced === 0
        ? 'Nothing in this text had to be replaced'
        : `${replaced === 1 ? 'One value' : `${replaced} values`} kept from the model, ${restored} put back`,
    refused: 'This text was refused, and no model saw it',
    failed: 'The model gave no answer',
    lead: 'Your text goes through the gateway as an application’s would, under your name. It is on the record; what you type and what comes back is kept nowhere.',
    model: 'Model',
    dataClass: 'Treat as',
    classes: { public: 'public', internal: 'internal', confidential: 'confidential', restricted: 'restricted' },
    ask: 'Ask',
    stop: 'Stop',
    edit: 'Edit the text',
    example: 'Use an example',
    exampleText:
      'Discharge note. Patient: Mrs Camille Exemple, born on 12/05/1961, camille@example.org, phone 06 12 34 56 78. Seen for chest pain. Amlodipine 5 mg. Control in three weeks.',
    typed: 'You typed',
    saw: 'The model saw',
    answer: 'The model answered',
    got: 'You got',
    replaced: (count: number) => (count === 1 ? '1 value replaced' : `${count} values replaced`),
    restored: (count: number) => (count === 1 ? '1 put back' : `${count} put back`),
    nothingYet: 'Nothing yet.',
    nothing: 'Nothing: the request was refused before it reached a model.',
    noAnswer: 'No answer.',
    noText: 'An answer without text.',
    recogniser: (name: string, score: string) => `Recogniser ${name}, confidence ${score}.`,
    rule: (action: string, policy: string) => `Rule: ${action}, by the policy ${policy}.`,
    unsure: 'Less sure than the policy asks for, or allowed by it.',
    facts: { dataClass: 'Class', policy: 'Policy', time: 'Time', tokens: 'Tokens' },
    time: (total: number, engine: number | undefined) =>
      engine === undefined ? `${total} ms` : `${total} ms, of them ${engine} in the engine`,
    tokens: (prompt: number, completion: number) => `${prompt} in, ${completion} out`,
    receipt: 'Receipt',
    noModels: 'There is no model to ask yet. This command deploys one:',
  },
  fr: {
    idle: 'Interroger un modèle, et voir ce qu’il a vu',
    asking: (model: string) => `${model} répond…`,
    seconds: (count: number) => `${count} s`,
    answered: (replaced: number, restored: number) =>
      replaced === 0
        ? 'Rien dans ce texte n’était à remplacer'
        : `${replaced === 1 ? 'Une valeur soustraite' : `${replaced} valeurs soustraites`} au modèle, ${restored} ${restored > 1 ? 'remises' : 'remise'}`,
    refused: 'Ce texte a été refusé, et aucun modèle ne l’a vu',
    failed: 'Le modèle n’a pas répondu',
    lead: 'Votre texte passe par la passerelle comme celui d’une application, à votre nom. La requête est au journal ; ce que vous écrivez et ce qui revient n’est conservé nulle part.',
    model: 'Modèle',
    dataClass: 'Traiter comme',
    classes: { public: 'public', internal: 'interne', confidential: 'confidentiel', restricted: 'restreint' },
    ask: 'Interroger',
    stop: 'Arrêter',
    edit: 'Modifier le texte',
    example: 'Prendre un exemple',
    exampleText:
      'Compte rendu d’hospitalisation. Patiente : Mme Camille Exemple, née le 12/05/1961, camille@example.org, tél. 06 12 34 56 78. Adressée pour douleur thoracique. Amlodipine 5 mg. Contrôle dans trois semaines.',
    typed: 'Vous avez écrit',
    saw: 'Le modèle a vu',
    answer: 'Le modèle a répondu',
    got: 'Vous avez reçu',
    replaced: (count: number) => (count === 1 ? '1 valeur remplacée' : `${count} valeurs remplacées`),
    restored: (count: number) => (count > 1 ? `${count} remises` : `${count} remise`),
    nothingYet: 'Rien pour l’instant.',
    nothing: 'Rien : la requête a été refusée avant d’atteindre un modèle.',
    noAnswer: 'Pas de réponse.',
    noText: 'Une réponse sans texte.',
    recogniser: (name: string, score: string) => `Détecteur ${name}, confiance ${score}.`,
    rule: (action: string, policy: string) => `Règle : ${action}, selon la politique ${policy}.`,
    unsure: 'Moins sûr que ne le demande la politique, ou permis par elle.',
    facts: { dataClass: 'Classe', policy: 'Politique', time: 'Temps', tokens: 'Jetons' },
    time: (total: number, engine: number | undefined) =>
      engine === undefined ? `${total} ms` : `${total} ms, dont ${engine} dans le moteur`,
    tokens: (prompt: number, completion: number) => `${prompt} lus, ${completion} écrits`,
    receipt: 'Reçu',
    noModels: 'Aucun modèle à interroger pour l’instant. Cette commande en déploie un :',
  },
} satisfies Catalogue<unknown>;

import type { Catalogue } from '../../look/language.tsx';

const english = (value: number) => value.toLocaleString('en-GB', { maximumFractionDigits: 1 });
const french = (value: number) => value.toLocaleString('fr-FR', { maximumFractionDigits: 1 });

export const LOG_HEALTH_WORDS = {
  en: {
    title: 'The health of the log',
    states: {
      sound: 'The log holds what was signed',
      attention: 'The log needs someone',
      broken: 'The log does not hold what was signed',
      unknown: 'The log is being read over',
    },
    lead: 'This process reads the whole log again and again: each record against its hash, the hashes against the tree, the tree against the signature. Whoever holds the database can change a record, but not what was signed.',
    found: (count: number) =>
      count === 1 ? 'One place was changed after it was signed' : `${count} places were changed after they were signed`,
    foundRemedy:
      'Somebody who holds the database did this. Export the log and keep it apart, compare it with a checkpoint that you kept elsewhere, and call whoever answers for security. The backup of the database holds what stood there before.',
    findings: 'What does not hold',
    columns: { kind: 'What', index: 'Place in the log', receipt: 'Record', foundAt: 'Found' },
    kinds: {
      changed: 'a record was changed',
      missing: 'a record is gone',
      tile: 'a stored part of the tree was changed',
      root: 'the log does not give the signed root',
    },
    gaps: (count: number) =>
      count === 1
        ? 'One record was removed before it entered the log'
        : `${count} records were removed before they entered the log`,
    gapsRemedy: 'The counters of the process that wrote them have a gap. Export the log: the verifier names the place.',
    reading: 'Read over',
    noReading: 'This process does not read the log over; the one that serves the console of the installation does.',
    neverWhole: 'Not through the whole log yet.',
    lastWhole: (size: number, tookMs: number) => `All ${english(size)} records, in ${english(tookMs / 1000)} s,`,
    checked: (checked: number, size: number) =>
      `In this turn ${english(checked)} of ${english(size)}; the newest every few seconds.`,
    problem: (name: string) => `It could not look just now (${name}) and tries again.`,
    signed: 'Signed',
    checkpoint: 'Last checkpoint',
    witness: 'Last witnessed',
    noWitness: 'no witness is asked: who holds database and signing key could rewrite the log',
    disagrees: 'The witness has seen another log than this database holds',
    lag: 'Waits to enter the log',
    lost: 'Outcomes given up',
    none: 'none yet',
    seconds: (value: number) => `${english(value)} s`,
    records: (size: number) => `${english(size)} records`,
    keep: 'Keep a checkpoint outside this machine now and then: with it, no cut of the end goes unseen.',
    copyCheckpoint: 'Copy the checkpoint',
    orphans: (count: number) => (count === 1 ? 'One request has no outcome' : `${count} requests have no outcome`),
    orphansLead: 'Their process ended before it could write how they went.',
    evidence: 'Evidence to take along',
    evidenceLead:
      'The whole log with its tree and its signature. On any machine, with the key and a checkpoint that you keep outside of this one, these two lines verify it:',
    download: 'Download the evidence',
  },
  fr: {
    title: 'La santé du journal',
    states: {
      sound: 'Le journal contient bien ce qui fut signé',
      attention: 'Le journal a besoin de quelqu’un',
      broken: 'Le journal ne contient plus ce qui fut signé',
      unknown: 'Le journal est en cours de relecture',
    },
    lead: 'Ce processus relit tout le journal, sans relâche : chaque enregistrement contre son empreinte, les empreintes contre l’arbre, l’arbre contre la signature. Qui tient la base peut changer un enregistrement, pas ce qui fut signé.',
    found: (count: number) =>
      count === 1 ? 'Un endroit a été modifié après signature' : `${count} endroits ont été modifiés après signature`,
    foundRemedy:
      'C’est l’œuvre de quelqu’un qui tient la base. Exportez le journal et mettez-le à l’abri, comparez-le à un point de contrôle gardé ailleurs, et appelez la personne responsable de la sécurité. La sauvegarde de la base contient ce qui s’y trouvait.',
    findings: 'Ce qui ne tient pas',
    columns: { kind: 'Quoi', index: 'Place au journal', receipt: 'Enregistrement', foundAt: 'Trouvé' },
    kinds: {
      changed: 'un enregistrement a été modifié',
      missing: 'un enregistrement a disparu',
      tile: 'une partie de l’arbre a été modifiée',
      root: 'le journal ne donne pas la racine signée',
    },
    gaps: (count: number) =>
      count === 1
        ? 'Un enregistrement a été retiré avant d’entrer au journal'
        : `${count} enregistrements ont été retirés avant d’entrer au journal`,
    gapsRemedy:
      'Les compteurs du processus qui les a écrits ont un trou. Exportez le journal : le vérificateur nomme l’endroit.',
    reading: 'Relecture',
    noReading: 'Ce processus ne relit pas le journal ; celui qui sert la console de l’installation le fait.',
    neverWhole: 'Pas encore relu en entier.',
    lastWhole: (size: number, tookMs: number) => `Les ${french(size)} enregistrements, en ${french(tookMs / 1000)} s,`,
    checked: (checked: number, size: number) =>
      `Pour ce tour ${french(checked)} sur ${french(size)} ; les plus récents toutes les quelques secondes.`,
    problem: (name: string) => `La relecture vient d’échouer (${name}) et recommence.`,
    signed: 'Signé',
    checkpoint: 'Dernier point de contrôle',
    witness: 'Dernier témoignage',
    noWitness: 'aucun témoin : qui tient la base et la clé de signature pourrait réécrire le journal',
    disagrees: 'Le témoin a vu un autre journal que celui de cette base',
    lag: 'Attend d’entrer au journal',
    lost: 'Issues abandonnées',
    none: 'aucun pour l’instant',
    seconds: (value: number) => `${french(value)} s`,
    records: (size: number) => `${french(size)} enregistrements`,
    keep: 'Gardez de temps en temps un point de contrôle hors de cette machine : aucune coupe de la fin ne passera alors inaperçue.',
    copyCheckpoint: 'Copier le point de contrôle',
    orphans: (count: number) => (count === 1 ? 'Une requête n’a pas d’issue' : `${count} requêtes n’ont pas d’issue`),
    orphansLead: 'Leur processus a pris fin avant de pouvoir écrire comment elles se sont terminées.',
    evidence: 'Des preuves à emporter',
    evidenceLead:
      'Tout le journal avec son arbre et sa signature. Sur n’importe quelle machine, avec la clé et un point de contrôle que vous gardez hors de celle-ci, ces deux lignes le vérifient :',
    download: 'Télécharger les preuves',
  },
} satisfies Catalogue<unknown>;

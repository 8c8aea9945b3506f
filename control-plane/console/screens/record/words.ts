import type { Catalogue } from '../../look/language.tsx';

export const RECORD_WORDS = {
  en: {
    title: 'Record',
    record: 'What it says',
    outcome: 'How it ended',
    noOutcome: 'No outcome yet: it is in flight, or was cut off.',
    proof: 'Its place in the log',
    place: (index: number) => `It is entry ${index} of the signed log. This proof (C2SP tlog-proof) shows it offline.`,
    noProof: 'It enters the log within a second: look again.',
    verify: 'Check it without us',
    verifyLead: 'On any machine, with a copy of the log’s public key that you got elsewhere:',
    copyProof: 'Copy the proof',
    back: 'All records',
  },
  fr: {
    title: 'Enregistrement',
    record: 'Ce qu’il dit',
    outcome: 'Comment cela s’est terminé',
    noOutcome: 'Pas encore d’issue : la requête est en cours, ou a été coupée.',
    proof: 'Sa place dans le journal',
    place: (index: number) =>
      `C’est l’entrée ${index} du journal signé. Cette preuve (C2SP tlog-proof) le montre hors ligne.`,
    noProof: 'Il entre au journal en une seconde : regardez à nouveau.',
    verify: 'Le vérifier sans nous',
    verifyLead: 'Sur n’importe quelle machine, avec une copie de la clé publique du journal obtenue par ailleurs :',
    copyProof: 'Copier la preuve',
    back: 'Tous les enregistrements',
  },
} satisfies Catalogue<unknown>;

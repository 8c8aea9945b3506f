// What laws and standards ask of the log of such a platform, and which field answers: part of the reference page. Articles
// are cited only for what they say; where the product does not answer one yet, the row says so. Imports nothing.

interface LawRow {
  readonly text: string;
  readonly asks: string;
  readonly answer: string;
  readonly open: string;
}

const ROWS: readonly LawRow[] = [
  {
    text: 'AI Act, Regulation (EU) 2024/1689, Art. 12(1)',
    asks: 'a high-risk system technically allows the automatic recording of events over its lifetime',
    answer:
      '`intent` gates each request; no setting switches it off; `lifecycle` and `heartbeat` show when a process wrote',
    open: '',
  },
  {
    text: 'Art. 12(2)(a)',
    asks: 'events that help to find situations of risk, and substantial modifications',
    answer:
      '`model.digest`, `model.adapter`, `model.generation`, `policy.hash`, `recognisers` in each `intent`; each `change` with its `outcome`',
    open: 'which situation is a risk, and which modification is substantial, is the judgement of its reader',
  },
  {
    text: 'Art. 12(2)(b), (c)',
    asks: 'events that serve post-market monitoring (Art. 72), and the monitoring of operation by the deployer (Art. 26(5))',
    answer: '`outcome.code`, `timings`, `response`, `redactions`, `blocked`, by `model` and `tenant`',
    open: 'no report is made of them yet',
  },
  {
    text: 'Art. 12(3)',
    asks: 'for remote biometric identification: period of use, reference database, matching input, who verified',
    answer: 'nothing: no field of this log is meant for it',
    open: 'do not use the product alone for such systems',
  },
  {
    text: 'Art. 19(1), Art. 26(6)',
    asks: 'provider and deployer keep the logs under their control for at least six months, unless other law provides otherwise',
    answer: 'the product deletes no record; an exported bundle can be archived and still verifies',
    open: 'no floor or end of retention is enforced by the product',
  },
  {
    text: 'GDPR, Art. 5(1)(c), Art. 25',
    asks: 'data minimisation, by design',
    answer: 'digests, counts, ids and versions instead of texts and values; no network address',
    open: '`actor.id` is personal data where an account or a key belongs to a person',
  },
  {
    text: 'GDPR, Art. 5(1)(e)',
    asks: 'no longer than necessary',
    answer: '',
    open: 'nothing expires yet; see CNIL below',
  },
  {
    text: 'GDPR, Art. 5(1)(f), Art. 32(1)',
    asks: 'integrity and confidentiality, pseudonymisation, and that measures are tested',
    answer: 'Merkle tree, signed checkpoints, `audit verify`; keyed digests',
    open: "the encryption of the database and its disk is its owner's",
  },
  {
    text: 'GDPR, Art. 5(2)',
    asks: 'to be able to demonstrate compliance',
    answer: "`audit export`, and a proof for each receipt, checked by anybody's code",
    open: '',
  },
  {
    text: 'CNIL, délibération 2021-122 (recommendation)',
    asks: 'author individually identified, time, nature of the operation, reference of the data; reading is logged too; six months to one year as a rule',
    answer: '`actor`, `time`, `action`, `object` or `model`; reads of the log are `read` records',
    open: 'an API key that several people share identifies none of them; the year is not enforced; reads of resources and of the list of models are not recorded',
  },
  {
    text: 'DORA RTS, Delegated Regulation (EU) 2024/1774, Art. 12(2)(d), (e)',
    asks: 'logs protected against tampering, deletion and unauthorised access; failures of logging detected',
    answer: 'the tree and its counters; `audit_unavailable` instead of an unrecorded answer; `heartbeat`; orphans',
    open: "alarms are the monitoring system's",
  },
  {
    text: 'NIS 2, Implementing Regulation (EU) 2024/2690, Annex 3.2.3(e), (k), 3.2.5',
    asks: 'privileged access and administration are logged, as is the start, stop and pause of logging; logs are kept for a set period and protected against change',
    answer: '`change`, `session`, `lifecycle`',
    open: 'the period is not enforced; binding on the sectors that it lists only',
  },
  {
    text: 'SecNumCloud 3.2, 12.6, 12.7',
    asks: "at least six months; a customer's events can be handed over; integrity; central storage on another machine",
    answer: '`tenant`; a bundle that can be carried away',
    open: 'no export by tenant yet: a bundle is the whole log',
  },
  {
    text: 'ISO/IEC 27001:2022, A.8.15; ISO/IEC 42001:2023, A.6.2.8',
    asks: 'logs of activities, exceptions and faults, protected; logs of an AI system at least while it is in use',
    answer: 'all of the above',
    open: '',
  },
];

/** A section of docs/reference/audit-records.md. */
export const LAW = `## What the law asks, and which field answers

An engineer's reading of the texts, not legal advice. They bind the one who runs the product for a purpose, by that purpose; the product is a part of it. **The AI Act asks for
events that are recorded, traceable and kept; it does not ask that a log show tampering.** The integrity of logs or of personal data is asked for by the GDPR, the DORA
standard, the NIS 2 regulation, SecNumCloud and the CNIL, and none of them names a way. The day from which the duties for high-risk systems apply was postponed in
2026: look it up for your case.

| Text | Asks | Answered by | Not answered |
| --- | --- | --- | --- |
${ROWS.map(({ text, asks, answer, open }) => `| ${text} | ${asks} | ${answer} | ${open} |`).join('\n')}
`;

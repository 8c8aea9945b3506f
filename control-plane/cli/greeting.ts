// What a start prints once the product can be used: where the console is, and a line that can be pasted into another
// terminal. Imports the configuration's package folder.

import { join } from 'node:path';
import { PACKAGE_FOLDER } from '../config.ts';
import { BUNDLED_MODEL } from './bundled-models.ts';

export interface Greeting {
  readonly admin: string;
  readonly gateway: string;
  readonly dataFolder: string;
  /** Of both listeners, where they speak TLS. */
  readonly certificate?: string;
}

export function greetingLines({ admin, gateway, dataFolder, certificate }: Greeting): readonly string[] {
  // The other terminal finds the product by its data folder, and does not have our variables.
  const isDefault = dataFolder === join(PACKAGE_FOLDER, '.intramuros');
  const variable = isDefault ? '' : `INTRAMUROS_DATA=${quote(dataFolder)} `;
  return [
    `console: ${admin}  (account admin)`,
    `try: curl ${certificate === undefined ? '' : `--cacert ${quote(certificate)} `}${gateway}/v1/chat/completions -H "Authorization: Bearer $(${variable}npx intramuros key create try)" ` +
      `-H 'Content-Type: application/json' -d '{"model":"${BUNDLED_MODEL}","messages":[{"role":"user","content":"Mme Claire Vasseur, 68 ans, née le 12/03/1958, est admise pour dyspnée. Médecin : Dr Paul Lemoine. Traitement : furosémide 40 mg le matin."}]}'`,
    `ready ${admin} ${gateway}`,
  ];
}

/** As a POSIX shell reads it back. */
function quote(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

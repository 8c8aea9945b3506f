// What stands beside the work on every page of someone who is signed in. Imports the files beside it and identity.

import { TOKEN_FIELD } from '../identity/forgery.ts';
import type { Principal } from '../identity/roles.ts';
import { type Html, html } from './html.ts';
import type { Words } from './language.ts';
import { SIGN_OUT_PATH } from './sign-in.ts';

export function sideBar({ name, role }: Principal, words: Words, token: string): Html {
  return html`<p class="brand">Intramuros</p>
<div><p>${name}<br>${words.roles[role] ?? role}</p>
<form method="post" action="${SIGN_OUT_PATH}"><input type="hidden" name="${TOKEN_FIELD}" value="${token}"><button class="quiet" type="submit">${words.signOut}</button></form></div>`;
}

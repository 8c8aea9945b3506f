// Who the browser is signed in as: 200 with null for a stranger, so that a page can ask without an error. Imports
// http/ and zod.

import * as z from 'zod';
import { defineRoute, type Route } from '../http/route.ts';
import { type Action, PERMISSIONS, ROLES } from './roles.ts';

const sessionView = z.object({
  name: z.string(),
  role: z.enum([...ROLES, 'local']),
  tenant: z.string().nullable(),
  mustChangePassword: z.boolean(),
  may: z.array(z.enum(Object.keys(PERMISSIONS) as [Action, ...Action[]])),
  needsPurpose: z.boolean(),
  formToken: z.string(),
});

export function sessionRoutes(): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/session',
      summary: 'Who this browser is signed in as',
      action: 'public',
      answer: { description: 'The session, or null.', schema: z.object({ session: sessionView.nullable() }) },
      handle: async (call) => ({ json: { session: call.session() } }),
    }),
    defineRoute({
      method: 'delete',
      path: '/api/v1/session',
      summary: 'Sign this browser out',
      action: 'console.open',
      successStatus: 204,
      answer: { description: 'The session is over.' },
      handle: async (call) => {
        await call.signOut();
        return { status: 204, json: null };
      },
    }),
  ];
}

// Which role the groups of a directory give: a list in a YAML file, the first entry that fits decides. Who is in none of
// them has no role and is refused. Imports errors and roles.

import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod';
import { fail } from '../../errors.ts';
import { ROLES, type Role, TENANT_ROLES } from './roles.ts';

const entrySchema = z
  .strictObject({
    /** As the directory writes it: a name of the groups claim, or the DN of a group. */
    group: z.string().min(1),
    role: z.enum(ROLES),
    tenant: z.string().min(1).optional(),
  })
  .refine(({ role, tenant }) => TENANT_ROLES.has(role) === (tenant !== undefined), {
    error: 'developer and viewer need a tenant, the other roles take none',
    path: ['tenant'],
  });
const fileSchema = z.array(entrySchema).min(1);

export type GroupRoles = z.output<typeof fileSchema>;

export interface GivenRole {
  readonly role: Role;
  readonly tenant: string | undefined;
}

/** @throws AppError `invalid_configuration` naming the entry. */
export async function readGroupRoles(path: string): Promise<GroupRoles> {
  const refuse = (detail: string, cause?: unknown) =>
    fail('invalid_configuration', {
      param: 'INTRAMUROS_GROUPS_FILE',
      detail,
      remedy: 'Write a list of {group, role, tenant}: docs/guides/sign-in.md shows one.',
      cause,
    });
  let content: unknown;
  try {
    content = parse(await readFile(path, 'utf8'), { maxAliasCount: 0 });
  } catch (cause) {
    throw refuse('The file cannot be read as YAML.', cause);
  }
  const parsed = fileSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(`Entry ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'has a wrong value'}.`);
}

/** Names of groups are compared without regard to case, as directories do. */
export function roleOf(groups: readonly string[], mapping: GroupRoles): GivenRole | undefined {
  const held = new Set(groups.map((group) => group.toLowerCase()));
  const entry = mapping.find(({ group }) => held.has(group.toLowerCase()));
  return entry === undefined ? undefined : { role: entry.role, tenant: entry.tenant };
}

// Which policies hold, and where: each with the hash that records bear, and how many of the gateways that run answer
// under that very version. Imports operator/api, policy and types.

import * as z from 'zod';
import type { Resource } from '../../../operator/api/resource.ts';
import type { PrivacyPolicy } from '../../../operator/api/v1alpha1/privacy-policy.ts';
import { effectivePolicy } from '../../policy/effective-policy.ts';
import type { GatewayReport } from '../../resources/gateway-rows.ts';
import { BUILT_IN_RESOURCE } from '../resources/built-in-policy.ts';

/** The gateways that were seen a moment ago. */
export type GatewaySource = () => Promise<readonly GatewayReport[]>;

const appliedPolicy = z.object({
  name: z.string(),
  generation: z.int().meta({ description: '0 for the built-in one.' }),
  hash: z.string().meta({ description: 'Of its rules alone, as records of requests under it alone bear it.' }),
  applied: z.int().meta({ description: 'Gateways that answer under this generation.' }),
});

export const policiesInForce = z.object({
  policies: z.array(appliedPolicy),
  gateways: z.array(
    z.object({
      name: z.string(),
      startedAt: z.iso.datetime(),
      seenAt: z.iso.datetime(),
      behind: z.array(z.string()).meta({ description: 'Policies that it has in another version, or not yet.' }),
    }),
  ),
  approval: z.object({
    required: z.boolean().meta({ description: 'A change of a policy needs a second person.' }),
    tenants: z.array(z.string()).meta({ description: 'Those that ask for it.' }),
  }),
});
export type PoliciesInForce = z.output<typeof policiesInForce>;

export function judgeForce(
  stored: readonly PrivacyPolicy[],
  gateways: readonly GatewayReport[],
): Omit<PoliciesInForce, 'approval'> {
  const policies = [BUILT_IN_RESOURCE, ...stored].map((policy) => {
    const { name } = policy.metadata;
    const version = versionOf(policy);
    return { name, ...version, applied: gateways.filter((gateway) => holds(gateway, name, version)).length };
  });
  return {
    policies,
    gateways: gateways.map((gateway) => ({
      ...{ name: gateway.name, startedAt: gateway.startedAt.toISOString(), seenAt: gateway.seenAt.toISOString() },
      behind: policies.filter((policy) => !holds(gateway, policy.name, policy)).map(({ name }) => name),
    })),
  };
}

/** Resources with what is known of them at this moment, which is kept nowhere: a count that was stored could lie. */
export type StatusReader = (resources: readonly Resource[]) => Promise<readonly Resource[]>;

/** Says of each policy where it holds. */
export function policyStatusReader(gateways: GatewaySource): StatusReader {
  return async (resources) => {
    if (!resources.some(({ kind }) => kind === 'PrivacyPolicy')) return resources;
    const running = await gateways();
    return resources.map((resource) => {
      if (resource.kind !== 'PrivacyPolicy') return resource;
      const { generation, hash } = versionOf(resource);
      const applied = running.filter((gateway) => holds(gateway, resource.metadata.name, { generation, hash })).length;
      return { ...resource, status: { observedGeneration: generation, hash, applied: `${applied}/${running.length}` } };
    });
  };
}

interface Version {
  readonly generation: number;
  readonly hash: string;
}

function versionOf({ metadata: { name, generation = 0 }, spec }: PrivacyPolicy): Version {
  return { generation, hash: effectivePolicy([{ name, spec }]).hash };
}

function holds({ policies }: GatewayReport, name: string, { generation, hash }: Version): boolean {
  const held = policies[name];
  return held?.generation === generation && held.hash === hash;
}

// Every resource can leave the console as the YAML that kubectl and the CLI take, without what the server wrote.

import { CopyButton } from './copy-button.tsx';
import { toYaml } from './yaml.ts';

interface ResourceLike {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
  readonly spec: unknown;
}

export function yamlOf({ apiVersion, kind, metadata, spec }: ResourceLike): string {
  const { name, namespace, labels } = metadata;
  return toYaml({
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels }),
    },
    spec,
  });
}

export function CopyYaml({ resource }: { readonly resource: ResourceLike }) {
  return <CopyButton text={yamlOf(resource)} label="YAML" />;
}

/** The tool that keeps the resource, where one says so: changes made here would be undone by it. */
export function foreignManager(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  if (labels === undefined) return undefined;
  if ('argocd.argoproj.io/instance' in labels) return 'Argo CD';
  if ('kustomize.toolkit.fluxcd.io/name' in labels || 'helm.toolkit.fluxcd.io/name' in labels) return 'Flux';
  return undefined;
}

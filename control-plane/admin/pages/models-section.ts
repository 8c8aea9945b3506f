// The models: what is wrong first, with cause and remedy, then the table. Imports operator/api and html.

import type { Condition } from '../../../operator/api/conditions.ts';
import { BUILT_IN_POLICY, type Model } from '../../../operator/api/v1alpha1/model.ts';
import { isReady } from '../models/routes.ts';
import { type Html, html } from './html.ts';
import type { Words } from './language.ts';

type State = 'ready' | 'failed' | 'starting' | 'asleep';

export function titleOf(models: readonly Model[], words: Words): string {
  if (models.length === 0) return words.noModels;
  const failed = models.filter((model) => stateOf(model) === 'failed').length;
  return failed === 0 ? words.allReady(models.length) : words.notReady(failed);
}

export function modelsSection(models: readonly Model[], words: Words): Html {
  if (models.length === 0) {
    return html`<p>${words.noModelsRemedy} <code>npx intramuros apply -f model.yaml</code></p>`;
  }
  const troubled = models.filter((model) => ['failed', 'starting'].includes(stateOf(model)));
  return html`${troubled.map((model) => noticeOf(model, words))}
<h2 id="models">${words.models}</h2>
<div class="panel"><table aria-labelledby="models">
<thead><tr><th scope="col">${words.name}</th><th scope="col">${words.state}</th><th scope="col">${words.replicas}</th><th scope="col">${words.weights}</th><th scope="col">${words.policy}</th></tr></thead>
<tbody>${models.map((model) => rowOf(model, words))}</tbody>
</table></div>
${models.some(isBundled) ? html`<p class="lead">${words.demonstration}</p>` : undefined}`;
}

function rowOf(model: Model, words: Words): Html {
  const { metadata, spec, status } = model;
  const state = stateOf(model);
  const weights = [status?.weights?.architecture, sizeOf(status?.weights?.bytes)].filter((part) => part !== undefined);
  return html`<tr><th scope="row"><span class="mark ${state}" aria-hidden="true"></span>${metadata.name}</th>
<td class="state" data-label="${words.state}">${stateWord(state, words)}</td>
<td data-label="${words.replicas}">${words.replicasOf(status?.readyReplicas ?? 0, spec.replicas)}</td>
<td data-label="${words.weights}">${weights.length === 0 ? '–' : weights.join(', ')}</td>
<td data-label="${words.policy}">${spec.privacy?.policy ?? BUILT_IN_POLICY}</td></tr>`;
}

/** Every condition that is not as it should be, in its own words. */
function noticeOf(model: Model, words: Words): Html {
  const attention = stateOf(model) === 'starting' ? ' attention' : '';
  const conditions = failingConditions(model);
  const lines = alike(conditions).map(
    ({
      types,
      reason,
      message,
      remedy,
    }) => html`<p>${message} <span class="mono">${types.join(', ')}: ${reason}</span></p>
${remedy === undefined ? undefined : html`<p><strong>${words.remedy}</strong> ${remedy}</p>`}`,
  );
  const said = conditions.length === 0 ? html`<p>${words.starting}.</p>` : lines;
  return html`<section class="notice${attention}" aria-label="${model.metadata.name}">
<p><strong>${model.metadata.name}</strong></p>${said}</section>`;
}

interface Alike extends Pick<Condition, 'reason' | 'message' | 'remedy'> {
  readonly types: readonly string[];
}

/** Conditions that say the same are said once: an engine that fails holds its rollout back in the same words. */
function alike(conditions: readonly Condition[]): readonly Alike[] {
  const groups = Map.groupBy(conditions, ({ message, remedy }) => `${message}\n${remedy ?? ''}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, types: group.map(({ type }) => type) }];
  });
}

/** The causes; `Ready` itself only where nothing else explains it. */
function failingConditions({ status }: Model): readonly Condition[] {
  const failing = (status?.conditions ?? []).filter((condition) => condition.status !== 'True');
  const causes = failing.filter(({ type, status: value }) => type !== 'Ready' && value === 'False');
  return causes.length > 0 ? causes : failing.filter(({ type }) => type === 'Ready');
}

function stateOf(model: Model): State {
  if (isReady(model)) return model.spec.replicas === 0 ? 'asleep' : 'ready';
  if (model.spec.replicas === 0) return 'asleep';
  const failed = model.status?.conditions?.some(({ remedy, status }) => status === 'False' && remedy !== undefined);
  return failed === true ? 'failed' : 'starting';
}

function stateWord(state: State, words: Words): string {
  return { ready: words.ready, failed: words.notReadyState, starting: words.starting, asleep: words.asleep }[state];
}

function isBundled({ spec }: Model): boolean {
  return spec.source.uri.startsWith('bundled://');
}

function sizeOf(bytes: number | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

// Who sits where, and what is free.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { PresentedNode } from '../../../admin/nodes/routes.ts';
import { nodesQuery } from '../../data/nodes.ts';
import { Answer } from '../../look/answer.tsx';
import { formatBytes } from '../../look/bytes.ts';
import { useLanguage, useWords } from '../../look/language.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { NODES_WORDS } from './words.ts';

export function Nodes() {
  const words = useWords(NODES_WORDS);
  const { language } = useLanguage();
  const query = useQuery(nodesQuery);
  const sum = (pick: (node: PresentedNode) => number) => (query.data ?? []).reduce((all, node) => all + pick(node), 0);
  const title =
    query.data === undefined
      ? words.loading
      : words.title(
          formatBytes(
            sum(({ memory }) => memory.availableBytes),
            language,
          ),
          formatBytes(
            sum(({ memory }) => memory.totalBytes),
            language,
          ),
        );
  return (
    <Screen title={title} lead={words.lead}>
      <Answer query={query}>{(nodes) => nodes.map((node) => <NodePanel key={node.name} node={node} />)}</Answer>
    </Screen>
  );
}

function NodePanel({ node }: { readonly node: PresentedNode }) {
  const words = useWords(NODES_WORDS);
  const { language } = useLanguage();
  const { totalBytes, availableBytes } = node.memory;
  const used = words.used(formatBytes(totalBytes - availableBytes, language), formatBytes(totalBytes, language));
  return (
    <Panel title={node.name}>
      <p className="soft">
        {words.processors(node.processors)} · {used}
      </p>
      <meter style={{ width: '100%' }} min={0} max={totalBytes} value={totalBytes - availableBytes} aria-label={used} />
      {node.gpus.length === 0 ? <p className="soft">{words.noGpus}</p> : null}
      {node.models.length === 0 ? (
        <div className="empty">
          <p>{words.nobody}</p>
          <pre>npx intramuros apply -f docs/guides/model.yaml</pre>
        </div>
      ) : (
        <Seats models={node.models} />
      )}
    </Panel>
  );
}

function Seats({ models }: Pick<PresentedNode, 'models'>) {
  const words = useWords(NODES_WORDS);
  const { language } = useLanguage();
  return (
    <div className="table">
      <table className="folds">
        <thead>
          <tr>
            <th scope="col">{words.model}</th>
            <th scope="col" className="number">
              {words.replicas}
            </th>
            <th scope="col" className="number">
              {words.each}
            </th>
            <th scope="col" className="number">
              {words.all}
            </th>
          </tr>
        </thead>
        <tbody>
          {models.map(({ key, replicas, replicaBytes }) => {
            const [namespace = '', name = ''] = key.split('/');
            return (
              <tr key={key}>
                <th scope="row">
                  <Link to="/models/$namespace/$name" params={{ namespace, name }}>
                    {key}
                  </Link>
                </th>
                <td className="number" data-label={words.replicas}>
                  {replicas}
                </td>
                <td className="number" data-label={words.each}>
                  {formatBytes(replicaBytes, language)}
                </td>
                <td className="number" data-label={words.all}>
                  {formatBytes(replicas * replicaBytes, language)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

// What the engines of the model wrote last. They write no prompts.

import { useQuery } from '@tanstack/react-query';
import { engineLogQuery } from '../../data/nodes.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { useWords } from '../../look/language.tsx';
import { Panel } from '../../look/screen.tsx';
import { MODEL_WORDS } from './words.ts';

export function EngineLog({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  const { may } = useSession();
  return may.includes('model.log.read') ? <Tails namespace={namespace} name={name} /> : null;
}

function Tails({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  const words = useWords(MODEL_WORDS);
  const query = useQuery(engineLogQuery(namespace, name));
  return (
    <Panel title={words.engineLog}>
      <Answer query={query}>
        {(logs) =>
          logs.length === 0 ? (
            <p className="soft">{words.noEngineLog}</p>
          ) : (
            logs.map(({ replica, lines }) => (
              <details key={replica}>
                <summary>{words.process(replica)}</summary>
                <pre>{lines.length === 0 ? words.noEngineLog : lines.join('\n')}</pre>
              </details>
            ))
          )
        }
      </Answer>
    </Panel>
  );
}

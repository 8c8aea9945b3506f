// Keys in rows. What is left out is no limit: the words say so, instead of a dash that could mean anything.

import type { PresentedKey } from '../../data/keys.ts';
import { useWords } from '../../look/language.tsx';
import { Mark, type MarkKind } from '../../look/mark.tsx';
import { Panel } from '../../look/screen.tsx';
import { Time } from '../../look/time.tsx';
import { KEYS_WORDS } from './words.ts';

const MARKS: Readonly<Record<PresentedKey['state'], MarkKind>> = {
  valid: 'ready',
  ending: 'attention',
  expired: 'asleep',
  revoked: 'asleep',
};

export interface KeyTableProps {
  readonly keys: readonly PresentedKey[];
  readonly onRotate: ((key: PresentedKey) => void) | undefined;
  readonly onRevoke: ((key: PresentedKey) => void) | undefined;
}

export function KeyTable({ keys, onRotate, onRevoke }: KeyTableProps) {
  const words = useWords(KEYS_WORDS);
  const { columns } = words;
  const acts = onRotate !== undefined || onRevoke !== undefined;
  return (
    <Panel>
      <div className="table">
        <table className="folds">
          <thead>
            <tr>
              {Object.values(columns).map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              {acts ? <th scope="col">{words.actions}</th> : null}
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <tr key={key.prefix}>
                <th scope="row">
                  {key.name}
                  <br />
                  <code className="soft">{key.prefix}</code>
                </th>
                <td data-label={columns.tenant}>{key.tenant}</td>
                <td data-label={columns.state}>
                  <State of={key} />
                </td>
                <td data-label={columns.dataClass}>{words.classes[key.dataClass]}</td>
                <td data-label={columns.models}>{key.models.length === 0 ? words.allModels : key.models.join(', ')}</td>
                <td data-label={columns.limits}>{words.limits(key.requestsPerMinute, key.tokensPerMinute)}</td>
                <td data-label={columns.lastUse} className="whole">
                  {key.lastUsedAt === null ? words.neverUsed : <Time at={key.lastUsedAt} seconds={false} />}
                </td>
                {acts ? (
                  <td data-label={words.actions} className="whole">
                    <Actions of={key} onRotate={onRotate} onRevoke={onRevoke} />
                  </td>
                ) : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function State({ of: { state, expiresAt, revokedAt, replacedBy } }: { readonly of: PresentedKey }) {
  const words = useWords(KEYS_WORDS);
  const at = state === 'revoked' ? revokedAt : expiresAt;
  return (
    <>
      <Mark kind={MARKS[state]} /> {state === 'valid' && at !== null ? words.validUntil : words.states[state]}
      {at === null ? null : (
        <>
          {' '}
          <Time at={at} seconds={false} />
        </>
      )}
      {replacedBy === null ? null : (
        <div className="soft">
          {words.replacedBy} <code>{replacedBy}</code>
        </div>
      )}
    </>
  );
}

function Actions({ of, onRotate, onRevoke }: Omit<KeyTableProps, 'keys'> & { readonly of: PresentedKey }) {
  const words = useWords(KEYS_WORDS);
  const ended = of.state === 'revoked' || of.state === 'expired';
  if (ended) return null;
  return (
    <>
      {onRotate === undefined || of.state !== 'valid' ? null : (
        <button type="button" className="plain" aria-label={words.rotateOf(of.name)} onClick={() => onRotate(of)}>
          {words.rotate}
        </button>
      )}
      {onRevoke === undefined ? null : (
        <button type="button" className="plain" aria-label={words.revokeOf(of.name)} onClick={() => onRevoke(of)}>
          {words.revoke}
        </button>
      )}
    </>
  );
}

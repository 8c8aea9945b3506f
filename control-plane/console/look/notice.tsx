// What needs someone: the cause, what to do, and the one action that leads there. Colour and shape say the same.

import type { ReactNode } from 'react';
import { ApiProblem } from '../data/api.ts';
import { useWords } from './language.tsx';
import { SHARED_WORDS } from './words.ts';

export type Urgency = 'failure' | 'attention' | 'good';

export interface NoticeProps {
  readonly urgency: Urgency;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

export function Notice({ urgency, title, children, action }: NoticeProps) {
  return (
    <div className={`notice ${urgency}`} role={urgency === 'failure' ? 'alert' : 'status'}>
      <div>
        <strong>{title}</strong>
        {children === undefined ? null : <div className="soft">{children}</div>}
      </div>
      {action}
    </div>
  );
}

/** Any failure as people can read it: what, and what to do. */
export function Failure({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const words = useWords(SHARED_WORDS);
  const facts = error instanceof ApiProblem ? error.facts : undefined;
  const title = facts?.status === 403 ? words.forbidden : (facts?.detail ?? words.failed);
  const action =
    retry === undefined ? undefined : (
      <button type="button" onClick={retry}>
        {words.retry}
      </button>
    );
  return (
    <Notice urgency="failure" title={title} action={action}>
      {facts?.remedy}
      {facts?.problems?.map(({ field, message, remedy }) => (
        <p key={field + message}>
          <code>{field}</code> {message}. {remedy}.
        </p>
      ))}
    </Notice>
  );
}

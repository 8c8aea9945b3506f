// The frame of a screen: its title says its state, in a sentence; actions stand to its right, one of them filled.

import { type ReactNode, useEffect } from 'react';

export interface ScreenProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Screen({ title, lead, actions, children }: ScreenProps) {
  useEffect(() => {
    document.title = `${title} · Intramuros`;
  }, [title]);
  return (
    <>
      <div className="screen-head">
        <h1>{title}</h1>
        {actions === undefined ? null : <div className="row">{actions}</div>}
        {lead === undefined ? null : <p className="lead">{lead}</p>}
      </div>
      <div className="stack appearing">{children}</div>
    </>
  );
}

export function Panel({
  title,
  children,
  proven = false,
}: {
  readonly title?: string;
  readonly children: ReactNode;
  readonly proven?: boolean;
}) {
  return (
    <section className={proven ? 'panel proven' : 'panel'}>
      {title === undefined ? null : <h2>{title}</h2>}
      {children}
    </section>
  );
}

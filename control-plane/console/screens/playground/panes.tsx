// The four texts of one question. A finding is one thing in all of them: asked about in one, it is shown in the others.

import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { PlaygroundAnswer, PlaygroundRequest } from '../../data/playground.ts';
import { useSession } from '../../data/session.ts';
import { CopyButton } from '../../look/copy-button.tsx';
import { ENTITY_WORDS } from '../../look/entity-words.ts';
import { indentJson } from '../../look/indent-json.ts';
import { useWords } from '../../look/language.tsx';
import { type Mark, MarkedText } from '../../look/marked-text.tsx';
import { PLAYGROUND_WORDS } from './words.ts';

export interface PanesProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly answer: ShownAnswer | undefined;
  /** The answer is still coming. */
  readonly coming: boolean;
  readonly asked: PlaygroundRequest | undefined;
  readonly onEdit: () => void;
}

/** A whole answer, or what there is of one. */
export type ShownAnswer = Pick<PlaygroundAnswer, 'spans' | 'saw' | 'answered' | 'got' | 'restored' | 'refusal'> &
  Partial<PlaygroundAnswer>;

export function Panes({ text, onText, answer, coming, asked: question, onEdit }: PanesProps) {
  const words = useWords(PLAYGROUND_WORDS);
  const [asked, onAsk] = useState<number>();
  const explain = (of: number) => <Explanation span={answer?.spans[of]} />;
  const shared = { asked, onAsk, explain };
  const replaced = answer?.spans.filter(({ replacement }) => replacement !== undefined).length ?? 0;
  const nothing = answer === undefined || coming ? words.nothingYet : words.noAnswer;
  const answered = laidOut(answer?.answered, answeredMarks(answer));
  const got = laidOut(answer?.got, gotMarks(answer));
  return (
    <>
      <div className="panes">
        <Pane title={words.typed} note={answer === undefined || coming ? null : <Edit onEdit={onEdit} />}>
          {answer === undefined || question === undefined ? (
            <textarea
              aria-label={words.typed}
              value={text}
              maxLength={100_000}
              onChange={(event) => onText(event.target.value)}
            />
          ) : (
            <MarkedText {...shared} text={question.text} marks={typedMarks(answer)} />
          )}
        </Pane>
        <Pane title={words.saw} note={answer?.saw === undefined ? null : words.replaced(replaced)}>
          {answer?.saw === undefined ? (
            <p className="soft">{answer?.refusal === undefined ? words.nothingYet : words.nothing}</p>
          ) : (
            <MarkedText {...shared} text={answer.saw} marks={sawMarks(answer)} />
          )}
        </Pane>
        <Pane title={words.got}>
          {got === undefined ? <p className="soft">{nothing}</p> : <MarkedText {...shared} {...got} />}
        </Pane>
        <Pane
          title={words.answer}
          note={answered === undefined || coming ? null : words.restored(answer?.restored.length ?? 0)}
        >
          {answered === undefined ? <p className="soft">{nothing}</p> : <MarkedText {...shared} {...answered} />}
        </Pane>
      </div>
      {answer?.totalMs === undefined || question === undefined ? null : (
        <After answer={answer as PlaygroundAnswer} question={question} />
      )}
    </>
  );
}

interface PaneProps {
  readonly title: string;
  readonly note?: React.ReactNode;
  readonly children: React.ReactNode;
}

function Pane({ title, note, children }: PaneProps) {
  return (
    <section className="pane">
      <div className="pane-head">
        <h2>{title}</h2>
        {note}
      </div>
      {children}
    </section>
  );
}

function Edit({ onEdit }: { readonly onEdit: () => void }) {
  const words = useWords(PLAYGROUND_WORDS);
  return (
    <button type="button" className="plain" onClick={onEdit}>
      {words.edit}
    </button>
  );
}

function Explanation({ span }: { readonly span: PlaygroundAnswer['spans'][number] | undefined }) {
  const words = useWords(PLAYGROUND_WORDS);
  const { entities, toModel, toCaller } = useWords(ENTITY_WORDS);
  if (span === undefined) return null;
  return (
    <>
      <strong>{entities[span.type]}</strong>
      {words.recogniser(span.recogniser, span.score.toFixed(2))}{' '}
      {span.action === 'allow'
        ? words.unsure
        : words.rule(`${toModel[span.action]}, ${toCaller[span.action]}`, span.rule)}
    </>
  );
}

function After({ answer, question }: { readonly answer: PlaygroundAnswer; readonly question: PlaygroundRequest }) {
  const words = useWords(PLAYGROUND_WORDS);
  const { may } = useSession();
  const { receipt, promptTokens, completionTokens, engineMs } = answer;
  return (
    <div className="after">
      <span>
        {words.facts.dataClass} <strong>{words.classes[question.dataClass ?? 'internal']}</strong>
      </span>
      <span>
        {words.facts.policy}{' '}
        <Link
          to="/effective-policy"
          search={{ model: question.model, ...(question.tenant === undefined ? {} : { tenant: question.tenant }) }}
        >
          <code>{answer.policy}</code>
        </Link>
      </span>
      <span>
        {words.facts.time}{' '}
        {words.time(Math.round(answer.totalMs), engineMs === undefined ? undefined : Math.round(engineMs))}
      </span>
      {promptTokens === undefined || completionTokens === undefined ? null : (
        <span>
          {words.facts.tokens} {words.tokens(promptTokens, completionTokens)}
        </span>
      )}
      {receipt === undefined ? null : may.includes('log.read') ? (
        <Link className="button end" to="/records/$receipt" params={{ receipt }}>
          {words.receipt} <code>{receipt.slice(0, 12)}…</code> →
        </Link>
      ) : (
        <span className="end row">
          <code>{receipt}</code> <CopyButton text={receipt} />
        </span>
      )}
    </div>
  );
}

function typedMarks({ spans }: ShownAnswer): Mark[] {
  return spans.map(({ start, end, action }, of) => ({ start, end, of, look: action === 'allow' ? 'left' : 'value' }));
}

function sawMarks({ spans }: ShownAnswer): Mark[] {
  return spans.flatMap(({ replacement }, of) =>
    replacement === undefined ? [] : [{ ...replacement, of, look: 'surrogate' as const }],
  );
}

function answeredMarks(answer: ShownAnswer | undefined): Mark[] {
  return (
    answer?.restored.map(({ answered }) => ({ ...answered, of: findingOf(answer, answered), look: 'surrogate' })) ?? []
  );
}

function gotMarks(answer: ShownAnswer | undefined): Mark[] {
  return (
    answer?.restored.map(({ answered, got }) => ({ ...got, of: findingOf(answer, answered), look: 'value' })) ?? []
  );
}

/** The finding whose stand-in the model wrote there; models alter case and hints, so the number decides. */
function findingOf({ spans, saw = '', answered = '' }: ShownAnswer, at: { start: number; end: number }): number {
  const numberOf = (text: string) => /[A-Z_]+_\d+[a-z]{2}/i.exec(text)?.[0].toUpperCase();
  const written = numberOf(answered.slice(at.start, at.end));
  return spans.findIndex(
    ({ replacement }) =>
      replacement !== undefined && numberOf(saw.slice(replacement.start, replacement.end)) === written,
  );
}

function laidOut(text: string | undefined, marks: readonly Mark[]) {
  if (text === undefined) return undefined;
  const indented = indentJson(text);
  const placed = marks.map((mark) => ({
    ...mark,
    start: indented.placeOf(mark.start),
    end: indented.placeOf(mark.end - 1) + 1,
  }));
  return { text: indented.text, marks: placed, code: indented.text !== text };
}

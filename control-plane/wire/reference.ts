// The reference page of the wire: what each field of each endpoint is to redaction, written from the tables that
// decide it. Imports the tables.

import { ENDPOINTS } from './endpoint.ts';
import { type TableRow, tableRows } from './table-rows.ts';

const INTRODUCTION = `# Fields of the API and what becomes of them

<!-- Written by \`npm run generate\` from control-plane/wire/. Do not edit. -->

Every request is read by one of these tables before anything else is decided. A field that a table does not list is
refused with \`unknown_field\`, one of another type with \`invalid_field\`, and \`param\` names its path.

* **text**: scanned, and replaced as the policy says. Text that is JSON (arguments and results of tools) is scanned key
  by key, string by string and number by number, and stays valid JSON, byte for byte where nothing was found.
* **schema**: a JSON Schema. Names, descriptions, enums, constants, defaults and examples are text; keywords stay.
* **json**: an object of the caller's own; all of its keys, strings and numbers of six or more digits are text.
* **safe**: a closed list of words, a boolean, or a number inside bounds that no identifier fits; passed as it is.
* **refuse**: not accepted, with \`unsupported_content\` and the reason given here.

\`[]\` is any item of a list, \`{role=user}\` the kind of an object. \`null\` in an optional field asks for its default.
JSON deeper than 64 levels is refused with \`too_deep\`.

## Answers

Every string of an answer is restored, those of fields unknown to us too. Left as they are: \`id\`, \`object\`, \`model\`,
\`system_fingerprint\`, \`service_tier\`, roles, finish reasons, ids and types of tool calls, and embeddings as a whole.
Arguments of tool calls are restored as JSON, so that a value with quotes or line breaks in it keeps them valid; so are
answers for which \`response_format\` asks for JSON. In a stream each text of each choice is restored for itself: what
may be the beginning of a stand-in is held back until it is known, at the latest until the choice ends.
`;

/** Markdown of docs/reference/wire.md. */
export function renderWireReference(): string {
  const sections = ENDPOINTS.map(({ method, path, table }) => {
    const rows = tableRows(table).map(renderRow);
    return [`## ${method} ${path}`, '', '| Field | Is | |', '| --- | --- | --- |', ...rows, ''].join('\n');
  });
  return [INTRODUCTION, ...sections].join('\n');
}

function renderRow({ path, field, required }: TableRow): string {
  const is = field.kind === 'tokens' ? 'safe' : field.kind;
  const notes = [required ? 'required' : '', describe(field), field.note ?? ''].filter((note) => note !== '');
  return `| \`${path}\` | ${is} | ${notes.join('; ').replaceAll('|', '\\|')} |`;
}

function describe(field: TableRow['field']): string {
  switch (field.kind) {
    case 'refuse': {
      const unless = field.unless.length === 0 ? '' : ` (accepted: ${field.unless.join(', ')})`;
      return `${field.why}${unless}`;
    }
    case 'safe':
      if (field.values !== undefined) return field.values.map((value) => `\`${value}\``).join(', ');
      if (field.min === undefined) return field.type;
      return `${field.type}, ${field.min} to ${field.max}`;
    case 'tokens':
      return `token ids of at most seven digits to numbers, ${field.min} to ${field.max}`;
    case 'json':
      return field.stringsOnly ? 'values are strings' : '';
    case 'text':
    case 'schema':
      return '';
  }
}

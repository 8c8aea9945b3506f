// The body that the model would see for a request: same inspection, policy and surrogates as the gateway's, nothing
// forwarded. Imports http/ only.

import * as z from 'zod';
import { defineRoute, type Route } from '../http/route.ts';

const REQUEST_MAX_BYTES = 16_777_216;

export interface RedactionPreview {
  /** The body as the model would get it. */
  readonly body: unknown;
  readonly counts: Readonly<Record<string, number>>;
  readonly policy: string;
}

/** What the gateway computes for us. @throws AppError as the gateway would answer the request. */
export type PreviewRedaction = (request: { readonly body: unknown; readonly key: string }) => Promise<RedactionPreview>;

export function redactionRoutes(preview: PreviewRedaction): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/redact/preview',
      summary: 'The body that the model would see',
      action: 'redaction.preview',
      body: z.strictObject({
        request: z.looseObject({}).meta({ description: 'Body of a request to the gateway.' }),
        key: z.string().min(1).max(200).meta({ description: 'API key in whose name it would be sent.' }),
      }),
      maxBodyBytes: REQUEST_MAX_BYTES,
      answer: {
        description: 'The redacted body; neither it nor the request is kept.',
        schema: z.object({ body: z.unknown(), counts: z.record(z.string(), z.int()), policy: z.string() }),
      },
      handle: async ({ body }) => ({ json: await preview({ body: body.request, key: body.key }) }),
    }),
  ];
}

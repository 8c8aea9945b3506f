// What an application does with the official `openai` client, as a list: each call with the answer that the engine gives
// to it. The list is run twice, straight at the engine and through the gateway; what the client sees must be the same.

import { chatCalls } from './calls-chat.ts';
import { failureCalls } from './calls-failure.ts';
import { otherCalls } from './calls-other.ts';
import { personalCalls } from './calls-personal.ts';
import { streamCalls } from './calls-stream.ts';
import type { ClientCall } from './client-call.ts';

export const CLIENT_CALLS: readonly ClientCall[] = [
  ...chatCalls,
  ...streamCalls,
  ...failureCalls,
  ...otherCalls,
  ...personalCalls,
];

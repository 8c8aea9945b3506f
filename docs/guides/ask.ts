// Sends a text to a model with the official client and prints the answer as it comes: npm install openai
//   INTRAMUROS_API_KEY=$(npx intramuros key create me) npx node ask.ts "text"

import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: process.env['INTRAMUROS_BASE_URL'] ?? 'http://127.0.0.1:8081/v1',
  apiKey: process.env['INTRAMUROS_API_KEY'] ?? '',
});

const { data: stream, response } = await client.chat.completions
  .create({
    model: process.env['INTRAMUROS_MODEL'] ?? 'clinical-extraction',
    messages: [{ role: 'user', content: process.argv[2] ?? '' }],
    stream: true,
  })
  .withResponse();

for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
process.stdout.write('\n');
console.error(`receipt: ${response.headers.get('x-intramuros-receipt')}`);

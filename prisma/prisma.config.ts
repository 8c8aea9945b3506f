// Where the Prisma CLI of this folder finds schema and migrations. It is used to generate the client and to write
// migrations, never to run the product.
// `generate` needs no engine but insists on one being there and would download it: any file does. The other
// commands keep the real engine.
if (process.argv.includes('generate')) process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

// biome-ignore lint/style/noDefaultExport: the CLI takes nothing else
export default {
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? 'postgresql://localhost/intramuros' },
};

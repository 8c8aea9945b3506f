import { isWord } from '../characters.ts';
import type { Recogniser } from './recogniser.ts';

/** Tokens that say whose they are: prefix and shape as their issuers document them. */
const SHAPES: readonly (readonly [prefix: string, shape: string])[] = [
  ['sk-', String.raw`sk-(?:proj-|ant-|svcacct-|or-v1-|live-|test-)?[A-Za-z0-9_-]{20,300}`], // OpenAI, Anthropic, OpenRouter
  ['sk_', '(?:sk)_(?:live|test)_[A-Za-z0-9]{16,250}'], // Stripe
  ['rk_', 'rk_(?:live|test)_[A-Za-z0-9]{16,250}'],
  ['pk_', 'pk_(?:live|test)_[A-Za-z0-9]{16,250}'],
  ['whsec_', 'whsec_[A-Za-z0-9+/=]{24,100}'],
  ['ghp_', 'ghp_[A-Za-z0-9]{30,255}'], // GitHub
  ['gho_', 'gho_[A-Za-z0-9]{30,255}'],
  ['ghu_', 'ghu_[A-Za-z0-9]{30,255}'],
  ['ghs_', 'ghs_[A-Za-z0-9]{30,255}'],
  ['ghr_', 'ghr_[A-Za-z0-9]{30,255}'],
  ['github_pat_', 'github_pat_[A-Za-z0-9_]{40,255}'],
  ['glpat-', 'glpat-[A-Za-z0-9_-]{18,60}'], // GitLab
  ['xox', 'xox[abeoprs]-[A-Za-z0-9-]{10,250}'], // Slack
  ['xapp-', 'xapp-[A-Za-z0-9-]{20,250}'],
  ['AKIA', 'AKIA[A-Z0-9]{16}'], // AWS
  ['ASIA', 'ASIA[A-Z0-9]{16}'],
  ['AIza', 'AIza[A-Za-z0-9_-]{35}'], // Google
  ['ya29.', String.raw`ya29\.[A-Za-z0-9_-]{20,400}`],
  ['GOCSPX-', 'GOCSPX-[A-Za-z0-9_-]{20,60}'],
  ['npm_', 'npm_[A-Za-z0-9]{30,60}'],
  ['pypi-', 'pypi-AgE[A-Za-z0-9_-]{40,250}'],
  ['hf_', 'hf_[A-Za-z0-9]{30,60}'], // Hugging Face
  ['gsk_', 'gsk_[A-Za-z0-9]{40,80}'], // Groq
  ['r8_', 'r8_[A-Za-z0-9]{30,60}'], // Replicate
  ['hvs.', String.raw`hvs\.[A-Za-z0-9_-]{20,200}`], // Vault
  ['dop_v1_', 'dop_v1_[a-f0-9]{64}'], // DigitalOcean
  ['shpat_', 'shpat_[A-Fa-f0-9]{32}'], // Shopify
  ['SG.', String.raw`SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}`], // SendGrid
  ['key-', 'key-[a-f0-9]{32}'], // Mailgun
  ['dapi', 'dapi[a-f0-9]{32}(?:-[0-9])?'], // Databricks
  ['lin_api_', 'lin_api_[A-Za-z0-9]{32,60}'],
  ['ntn_', 'ntn_[A-Za-z0-9]{40,60}'],
  ['ATATT3', 'ATATT3[A-Za-z0-9_=-]{40,250}'], // Atlassian
  ['dckr_pat_', 'dckr_pat_[A-Za-z0-9_-]{20,60}'],
  ['im_', 'im_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}'], // our own
  ['eyJ', String.raw`eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{0,2000}`], // JWT, RFC 7519
  ['AGE-SECRET-KEY-1', 'AGE-SECRET-KEY-1[0-9A-Z]{50,60}'],
];
const BY_PREFIX = SHAPES.map(([prefix, shape]) => ({ prefix, shape: new RegExp(`${shape}(?![A-Za-z0-9_])`, 'y') }));

export const secretToken: Recogniser = {
  name: 'secret-token',
  type: 'SECRET',
  finds: 'API keys and tokens of common providers, and JSON Web Tokens',
  checks: 'prefix, alphabet and length as the issuer documents them',
  triggers: { prefixes: SHAPES.map(([prefix]) => prefix) },
  maxLength: 14_010,
  match(text, at) {
    if (isWord(text.charCodeAt(at - 1))) return undefined;
    for (const { prefix, shape } of BY_PREFIX) {
      if (!text.startsWith(prefix, at)) continue;
      shape.lastIndex = at;
      const match = shape.exec(text);
      // A word with dashes (`sk-learn-contrib-something-else`) has no digit among its letters.
      if (match !== null && /\d/.test(match[0].slice(prefix.length)))
        return { start: at, end: at + match[0].length, score: 0.98 };
    }
    return undefined;
  },
};

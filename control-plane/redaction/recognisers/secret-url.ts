import { isWord } from '../characters.ts';
import type { Recogniser } from './recogniser.ts';

const WITH_PASSWORD = /[a-z][a-z+]{1,15}:\/\/[^\s:@/<>"'`]{0,64}:[^\s@/<>"'`]{1,128}@[^\s<>"'`{}|\\^]{2,300}/iuy;

export const secretUrl: Recogniser = {
  name: 'secret-url',
  type: 'SECRET',
  finds: 'addresses of services with a password in them (postgres://user:password@host)',
  checks: 'user information of RFC 3986, section 3.2.1',
  triggers: {
    words: [
      'postgres',
      'postgresql',
      'mysql',
      'mariadb',
      'mongodb',
      'redis',
      'rediss',
      'amqp',
      'amqps',
      'mssql',
      'http',
      'https',
      'ftp',
      'sftp',
      'ssh',
      'smtp',
      'smtps',
      'imap',
      'imaps',
      'ldap',
      'ldaps',
    ],
  },
  maxLength: 520,
  match(text, at) {
    if (isWord(text.charCodeAt(at - 1)) && text.charCodeAt(at - 1) !== 95) return undefined;
    WITH_PASSWORD.lastIndex = at;
    const match = WITH_PASSWORD.exec(text);
    if (match === null) return undefined;
    const whole = match[0].replace(/[.,;:!?)\]]+$/, '');
    // The whole is kept away: what it opens is as telling as how. Surer than the web address that it also is.
    return { start: at, end: at + whole.length, score: 0.99 };
  },
};

/** Users and passwords of the Basic scheme (RFC 7617), against hashes as htpasswd(1) writes them. */
import { md5, sha1 } from "../net/digest.ts";

/** Undefined: such hashes cannot be verified here. */
export type PasswordVerifier = (hash: string, password: string) => boolean | undefined;

const ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function toBase64(value: number, digits: number): string {
  let text = "";
  for (let i = 0, left = value; i < digits; i += 1, left >>>= 6) text += ITOA64[left & 0x3f] ?? "";
  return text;
}

/** Which bytes of the digest make each group of four digits. */
const GROUPS = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

/** MD5-crypt (apr_md5.c; the same as crypt(5)'s `$1$` but for its name). */
function md5Crypt(password: string, salt: string, name: "apr1" | "1"): string {
  const secret = Buffer.from(password);
  const inner = md5(secret, salt, secret);
  const parts: (string | Uint8Array)[] = [secret, `$${name}$`, salt];
  for (let left = secret.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(16, left)));
  for (let bits = secret.length; bits > 0; bits >>= 1)
    parts.push((bits & 1) === 1 ? Buffer.from([0]) : secret.subarray(0, 1));
  let digest = md5(...parts);
  for (let round = 0; round < 1000; round += 1) {
    const odd = (round & 1) === 1;
    digest = md5(
      odd ? secret : digest,
      round % 3 === 0 ? "" : salt,
      round % 7 === 0 ? "" : secret,
      odd ? digest : secret,
    );
  }
  const byte = (i: number): number => digest[i] ?? 0;
  const text = GROUPS.map(([a, b, c]) => toBase64((byte(a) << 16) | (byte(b) << 8) | byte(c), 4)).join("");
  return `$${name}$${salt}$${text}${toBase64(byte(11), 2)}`;
}

/** apr1, `$1$`, `{SHA}` and `{PLAIN}`; those of crypt(3) need a library. */
export const verifyPassword: PasswordVerifier = (hash, password) => {
  const [, name, salt = ""] = /^\$(apr1|1)\$([^$]{0,8})/.exec(hash) ?? [];
  if (name === "apr1" || name === "1") return md5Crypt(password, salt, name) === hash;
  if (hash.startsWith("{SHA}")) return sha1(password).toString("base64") === hash.slice(5);
  return hash.startsWith("{PLAIN}") ? hash.slice(7) === password : undefined;
};

export function credentialsOf(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Why the credentials of an Authorization header are refused; undefined: they are right. */
export function refusedCredentials(
  header: string | undefined,
  users: Readonly<Record<string, string>>,
  verify: PasswordVerifier = verifyPassword,
): string | undefined {
  const given = credentialsOf(header);
  if (given === undefined) return "no credentials are sent";
  const hash = Object.hasOwn(users, given.user) ? users[given.user] : undefined;
  if (hash === undefined || hash === "") return `there is no user ${given.user}`;
  const right = verify(hash, given.password);
  if (right === undefined) return `the hash of user ${given.user} is of a kind that cannot be verified here`;
  return right ? undefined : `the password of user ${given.user} is wrong`;
}

/** X25519 (RFC 7748, section 5): the public key that belongs to a private one. For labs: it does not run in constant time. */
const P = 2n ** 255n - 19n;
const A24 = 121_665n;
const BASE = 9n;

function mod(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

/** By Fermat's little theorem. */
function inverse(value: bigint): bigint {
  let [result, base, exponent] = [1n, mod(value), P - 2n];
  for (; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = mod(result * base);
    base = mod(base * base);
  }
  return result;
}

/** The Montgomery ladder, in the names of the RFC. */
function ladder(k: bigint, u: bigint): bigint {
  let [x2, z2, x3, z3] = [1n, 0n, u, 1n];
  for (let t = 254n; t >= 0n; t -= 1n) {
    const swap = ((k >> t) & 1n) === 1n;
    if (swap) [x2, x3, z2, z3] = [x3, x2, z3, z2];
    const [a, b, c, d] = [x2 + z2, x2 - z2, x3 + z3, x3 - z3];
    const [aa, bb, da, cb] = [mod(a * a), mod(b * b), mod(d * a), mod(c * b)];
    const e = aa - bb;
    [x3, z3] = [mod((da + cb) * (da + cb)), mod(u * mod((da - cb) * (da - cb)))];
    [x2, z2] = [mod(aa * bb), mod(e * (aa + A24 * e))];
    if (swap) [x2, x3, z2, z3] = [x3, x2, z3, z2];
  }
  return mod(x2 * inverse(z2));
}

/** The private key that any 32 bytes make (RFC 7748, section 5). */
export function clamp(bytes: Uint8Array): Buffer {
  const key = Buffer.from(bytes);
  key[0] = (key[0] ?? 0) & 248;
  key[31] = ((key[31] ?? 0) & 127) | 64;
  return key;
}

/** Both 32 bytes. */
export function publicKey(privateKey: Uint8Array): Buffer {
  const k = BigInt(`0x${clamp(privateKey).reverse().toString("hex")}`);
  return Buffer.from(ladder(k, BASE).toString(16).padStart(64, "0"), "hex").reverse();
}

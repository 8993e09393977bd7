/** BGP communities: `65000:100`, two numbers of 16 bits, or large ones of three numbers of 32 bits (RFC 1997, RFC 8092). */

const LARGEST = { 2: 65_535, 3: 2 ** 32 - 1 } as const;

export function isCommunity(text: string): boolean {
  if (!/^\d{1,10}(:\d{1,10}){1,2}$/.test(text)) return false;
  const parts = text.split(":").map(Number);
  const largest = LARGEST[parts.length === 2 ? 2 : 3];
  return parts.every((one) => one <= largest);
}

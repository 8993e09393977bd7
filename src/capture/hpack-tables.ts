/** What HPACK has in advance: its static table (RFC 7541, appendix A) and its Huffman code (appendix B). */

/** From index 1 on. */
export const STATIC_TABLE: readonly (readonly [name: string, value: string])[] =
  `:authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|:status=206
:status=304|:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept
access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language
content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match
if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate
proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security|transfer-encoding
user-agent|vary|via|www-authenticate`
    .split(/[|\n]/)
    .map((entry) => {
      const [name = "", value = ""] = entry.split("=");
      return [name, value];
    });

/** End of string: never part of a text. */
export const EOS = 256;

/** Bits, and the symbols whose codes have so many. The code is canonical: by length, then by symbol, each is the one before plus 1. */
const SYMBOLS: Readonly<Record<number, string>> = {
  5: "48-50 97 99 101 105 111 115-116",
  6: "32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117",
  7: "58 66-87 89 106-107 113 118-122",
  8: "38 42 44 59 88 90",
  10: "33-34 40-41 63",
  11: "39 43 124",
  12: "35 62",
  13: "0 36 64 91 93 126",
  14: "94 125",
  15: "60 96 123",
  19: "92 195 208",
  20: "128 130-131 162 184 194 224 226",
  21: "153 161 167 172 176-177 179 209 216-217 227 229-230",
  22: "129 132-134 136 146 154 156 160 163-164 169-170 173 178 181 185-187 189-190 196 198 228 232-233",
  23: "1 135 137-141 143 147 149-152 155 157-158 165-166 168 174-175 180 182-183 188 191 197 231 239",
  24: "9 142 144-145 148 159 171 206 215 225 236-237",
  25: "199 207 234-235",
  26: "192-193 200-202 205 210 213 218-219 238 240 242-243 255",
  27: "203-204 211-212 214 221-223 241 244-248 250-254",
  28: "2-8 11-12 14-21 23-31 127 220 249",
  30: "10 13 22 256",
};
const MAX_BITS = 30;

/** By length in bits: the first code, and the symbols from there on. */
export const HUFFMAN: readonly { readonly first: number; readonly symbols: readonly number[] }[] = canonical();

function canonical(): { first: number; symbols: number[] }[] {
  const lengths: { first: number; symbols: number[] }[] = [];
  let code = 0;
  for (let bits = 0; bits <= MAX_BITS; bits++) {
    const symbols = (SYMBOLS[bits] ?? "").split(" ").flatMap((range) => {
      const [from = "", to = from] = range.split("-");
      return from === "" ? [] : Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i);
    });
    lengths.push({ first: code, symbols });
    code = (code + symbols.length) << 1;
  }
  return lengths;
}

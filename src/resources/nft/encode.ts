/** nftables tables: one nft(8) script on standard input, which the kernel applies as one transaction. */
import type { NftResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { nftLines } from "./lines.ts";

function script(nft: NftResource, lines: readonly string[], shell: Shell): readonly string[] {
  if (lines.length === 0) return [];
  return [`${shell.exec(nft, "nft", "-f", "-")} <<'END-OF-TABLE'`, ...lines, "END-OF-TABLE"];
}

export const nftEncoder: KindEncoder<NftResource> = {
  create: (nft, shell) => script(nft, nftLines("create", nft), shell),
  update: (nft, before, shell) => script(nft, nftLines("update", nft, before), shell),
  remove: (nft, shell) => script(nft, nftLines("delete", nft), shell),
};

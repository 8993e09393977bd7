/** nftables: one transaction, as `nft -f` reads it. */
import type { Action } from "../../plan/operation.ts";
import type { NftResource } from "../../plan/resource.ts";
import type { KindEncoder, Shell } from "../kind.ts";
import { nftScript } from "../nft-script.ts";

function lines(action: Action, nft: NftResource, before: NftResource | undefined, shell: Shell): readonly string[] {
  const text = nftScript(action, nft, before);
  return text === ""
    ? []
    : [`${shell.exec(nft, "nft", "-f", "-")} <<'END-OF-RULES'`, ...text.trimEnd().split("\n"), "END-OF-RULES"];
}

export const nftEncoder: KindEncoder<"nft"> = {
  create: (nft, shell) => lines("create", nft, undefined, shell),
  update: (nft, before, shell) => lines("update", nft, before, shell),
  remove: (nft, shell) => lines("delete", nft, undefined, shell),
};

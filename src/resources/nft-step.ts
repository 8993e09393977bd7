/** What brings an nftables table from one state to another: done in order, in one transaction. */
import type { NftChain, NftSet } from "./nft-table.ts";

export type NftStep =
  | { readonly do: "add table"; readonly comment?: string | undefined }
  | { readonly do: "delete table" }
  | { readonly do: "add chain"; readonly chain: NftChain }
  | { readonly do: "flush chain" | "delete chain"; readonly name: string }
  | { readonly do: "add set" | "delete set"; readonly set: NftSet }
  | { readonly do: "add rule"; readonly chain: string; readonly text: string }
  | { readonly do: "add element" | "delete element"; readonly set: NftSet; readonly text: string };

/** Numbers of the nf_tables protocol, with the names of linux/netfilter/nf_tables.h, nfnetlink.h and netfilter.h. */

export const NFNL_SUBSYS_NFTABLES = 10;
export const NFNL_MSG_BATCH_BEGIN = 16;
export const NFNL_MSG_BATCH_END = 17;

export const NFT_MSG = {
  NEWTABLE: 0,
  GETTABLE: 1,
  DELTABLE: 2,
  NEWCHAIN: 3,
  GETCHAIN: 4,
  DELCHAIN: 5,
  NEWRULE: 6,
  GETRULE: 7,
  DELRULE: 8,
  NEWSET: 9,
  GETSET: 10,
  DELSET: 11,
  NEWSETELEM: 12,
  GETSETELEM: 13,
  DELSETELEM: 14,
  GETGEN: 16,
} as const;

export const NFPROTO = { inet: 1, ipv4: 2, netdev: 5, ipv6: 10 } as const;

/** linux/netfilter.h: NFPROTO_*, by the names of nft(8). */
export const FAMILY_NAMES: Readonly<Record<number, string>> = {
  1: "inet",
  2: "ip",
  3: "arp",
  5: "netdev",
  7: "bridge",
  10: "ip6",
};

/** NF_INET_*, and NF_NETDEV_EGRESS: where base chains hook in. */
export const HOOKS: Readonly<Record<string, number>> = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
  egress: 1,
};

export const NFTA_TABLE = { NAME: 1, HANDLE: 4, USERDATA: 6 } as const;
export const NFTA_CHAIN = { TABLE: 1, NAME: 3, HOOK: 4, TYPE: 7, COUNTERS: 8, USERDATA: 12 } as const;
export const NFTA_COUNTER = { BYTES: 1, PACKETS: 2 } as const;
export const NFTA_HOOK = { HOOKNUM: 1, PRIORITY: 2, DEV: 3 } as const;
export const NFTA_RULE = { TABLE: 1, CHAIN: 2, HANDLE: 3, EXPRESSIONS: 4, USERDATA: 7 } as const;
export const NFTA_SET = {
  TABLE: 1,
  NAME: 2,
  FLAGS: 3,
  KEY_TYPE: 4,
  KEY_LEN: 5,
  DATA_TYPE: 6,
  DATA_LEN: 7,
  DESC: 9,
  ID: 10,
  TIMEOUT: 11,
  USERDATA: 13,
} as const;
export const NFTA_SET_DESC_SIZE = 1;
export const NFT_SET = { ANONYMOUS: 1, CONSTANT: 2, INTERVAL: 4, MAP: 8, TIMEOUT: 16, EVAL: 32 } as const;
export const NFTA_SET_ELEM_LIST = { TABLE: 1, SET: 2, ELEMENTS: 3, SET_ID: 4 } as const;
export const NFTA_SET_ELEM = { KEY: 1, DATA: 2, FLAGS: 3, USERDATA: 6 } as const;
export const NFT_SET_ELEM_INTERVAL_END = 1;

export const NFTA_LIST_ELEM = 1;
export const NFTA_EXPR = { NAME: 1, DATA: 2 } as const;
export const NFTA_DATA = { VALUE: 1, VERDICT: 2 } as const;
export const NFTA_VERDICT = { CODE: 1, CHAIN: 2 } as const;
/** NFT_DATA_VERDICT: what a verdict map's data is. */
export const DATA_VERDICT = 0xffffff00;
export const VERDICTS: Readonly<Record<string, number>> = {
  drop: 0,
  accept: 1,
  jump: -3,
  goto: -4,
  return: -5,
};

/** The register of verdicts, the first of 16 bytes, and the first of 4 bytes, of which four are one of 16. */
export const NFT_REG = { VERDICT: 0, FIRST: 1, WORDS: 8 } as const;

/** What nft(8) stores about its objects in the kernel (libnftnl's udata.h, nftables' enum nftnl_udata_*). */
export const UDATA = {
  RULE_COMMENT: 0,
  TABLE_COMMENT: 0,
  CHAIN_COMMENT: 0,
  ELEMENT_COMMENT: 0,
  SET_KEY_ORDER: 0,
  SET_DATA_ORDER: 1,
  SET_MERGE: 2,
  SET_KEY_TYPEOF: 3,
  SET_DATA_TYPEOF: 4,
  SET_DATA_INTERVAL: 6,
  SET_COMMENT: 7,
} as const;
/** Byte orders as UDATA.SET_KEY_ORDER has them. */
export const ORDER = { NONE: 0, HOST: 1, NETWORK: 2 } as const;

import { expect, test } from "vitest";
import { chainsIn } from "../../../src/story/chains.ts";

const nft = `table ip nat { # handle 1
\tchain PREROUTING { # handle 1
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\ttcp dport 80  counter packets 7 bytes 420 dnat to 10.0.0.1:80 # handle 2
\t\tcounter packets 1 bytes 60 jump X # handle 5
\t}

\tchain X { # handle 4
\t}
}
table inet fw { # handle 2
\tchain c { # handle 1
\t\ttype filter hook input priority filter; policy drop;
\t\ttcp dport 80 counter packets 0 bytes 0 accept # handle 2
\t}
}
`;
const iptables = `*nat
:PREROUTING ACCEPT [0:0]
:X - [0:0]
[7:420] -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.0.1:80
[1:60] -A PREROUTING -j X
COMMIT
`;

test("rules by handle, in the words of iptables where it lists the chain, without counters", () => {
  const chains = chainsIn({ nft, iptables }, "ipv4");
  expect([...chains.keys()]).toEqual(["ip nat PREROUTING", "ip nat X", "inet fw c"]);
  expect(chains.get("ip nat PREROUTING")).toEqual({
    hook: "prerouting",
    rules: [
      { handle: 2, index: 0, text: "-p tcp --dport 80 -j DNAT --to-destination 10.0.0.1:80" },
      { handle: 5, index: 1, text: "-j X" },
    ],
  });
  expect(chains.get("inet fw c")?.rules).toEqual([{ handle: 2, index: 0, text: "tcp dport 80 accept" }]);
  expect(chainsIn({ nft, iptables: "" }, "ipv4").get("ip nat PREROUTING")?.rules[0]?.text).toBe(
    "tcp dport 80  dnat to 10.0.0.1:80",
  );
});

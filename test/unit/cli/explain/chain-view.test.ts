import { expect, test } from "vitest";
import { listedNftRules } from "../../../../src/cli/explain/chain-view.ts";

const LISTING = `table ip kube-proxy {
\tcomment "rules for kube-proxy"
\tset cluster-ips {
\t\ttype ipv4_addr
\t\telements = { 10.96.0.1 }
\t}

\tmap service-ips {
\t\ttype ipv4_addr . inet_proto . inet_service : verdict
\t\telements = { 10.96.0.9 . tcp . 80 : goto service-AAAAAAAA-default/web/tcp/,
\t\t\t     192.0.2.1 . tcp . 80 : goto external-AAAAAAAA-default/web/tcp/ }
\t}

\tchain nat-output {
\t\ttype nat hook output priority dstnat; policy accept;
\t\tjump services
\t}

\tchain service-AAAAAAAA-default/web/tcp/ {
\t\tip daddr 10.96.0.9 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
\t\tnumgen random mod 2 vmap { 0 : goto endpoint-B-default/web/tcp/__10.244.0.2/80, 1 : goto endpoint-C-default/web/tcp/__10.244.0.3/80 }
\t}

\tchain external-AAAAAAAA-default/web/tcp/ {
\t\tjump mark-for-masquerade
\t\tgoto service-AAAAAAAA-default/web/tcp/
\t}
}
`;
const look = (chain: string): string[] =>
  listedNftRules("kube-proxy", LISTING, chain).map(
    (one) => `${one.leadsTo ? "to" : "own"} ${one.chain} ${one.index} ${one.rule}`,
  );

test("a chain's own rules, and the rules and map elements that lead to it", () => {
  expect(look("service-AAAAAAAA-default/web/tcp/")).toEqual([
    "to map service-ips 0 10.96.0.9 . tcp . 80 : goto service-AAAAAAAA-default/web/tcp/",
    "own service-AAAAAAAA-default/web/tcp/ 0 ip daddr 10.96.0.9 ip saddr != 10.244.0.0/16 jump mark-for-masquerade",
    expect.stringContaining("own service-AAAAAAAA-default/web/tcp/ 1 numgen") as string,
    "to external-AAAAAAAA-default/web/tcp/ 1 goto service-AAAAAAAA-default/web/tcp/",
  ]);
  expect(look("endpoint-C-default/web/tcp/__10.244.0.3/80")).toEqual([
    expect.stringMatching(/^to service-AAAAAAAA-default\/web\/tcp\/ 1 numgen/) as string,
  ]);
});

test("the last element of a map, and a hook's chain without its declaration", () => {
  expect(look("external-AAAAAAAA-default/web/tcp/")[0]).toBe(
    "to map service-ips 0 192.0.2.1 . tcp . 80 : goto external-AAAAAAAA-default/web/tcp/",
  );
  expect(look("nat-output")).toEqual(["own nat-output 0 jump services"]);
  expect(look("nope")).toEqual([]);
});

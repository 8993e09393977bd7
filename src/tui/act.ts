/** What several keys do: actions with a message while they run, captures, and the place that a key means. */
import type { Target } from "../net/target.ts";
import type { KeyContext, View } from "./view.ts";

/** Runs an action; its failure becomes the message at the bottom. */
export function act(context: KeyContext, doing: string, work: () => Promise<void>): void {
  context.update({ message: `${doing} …` });
  work().then(
    () => context.update({ message: "" }),
    (error: unknown) =>
      context.update({ message: error instanceof Error ? (error.message.split("\n")[0] ?? "failed") : "failed" }),
  );
}

/** Namespace and device that the keys c and s mean: the selected row of the topology, or the check's source. */
export function selectedPlace(
  context: Pick<KeyContext, "view" | "rows" | "selected" | "state">,
): { ns: string; dev?: string } | undefined {
  const { view, state } = context;
  const key = context.rows[context.selected]?.key ?? "";
  if (view.pane === "checks") {
    const from = state.lab?.checks.find((known) => `check:${known.name}` === key)?.from?.[0];
    return from === undefined ? undefined : { ns: from.ns };
  }
  const place = view.pane === "topology" ? key : (view.selected.topology ?? "");
  const [kind, ns, dev] = place.split(":");
  if ((kind !== "ns" && kind !== "dev") || ns === undefined || ns === "") return undefined;
  return kind === "dev" && dev !== undefined ? { ns, dev } : { ns };
}

export function stopCapture(context: KeyContext, { name, place }: NonNullable<View["capture"]>): void {
  context.update({ capture: undefined });
  act(context, `stopping the recording of ${place}`, () => context.actions.stopCapture(name));
}

/** `shown`: what the view changes to once it runs. */
export function startCapture(context: KeyContext, target: Target, shown: Partial<View>): void {
  const place = `${target.text}${target.iface === undefined ? "" : `/${target.iface}`}`;
  act(context, `starting tcpdump at ${place}`, async () => {
    const name = await context.actions.capture(target);
    context.update({ capture: { name, place }, ...shown });
  });
}

export function targetAt(context: KeyContext, ns: string): Target | undefined {
  return context.actions.targets().find((target) => target.ns === ns && target.iface === undefined);
}

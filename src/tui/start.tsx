/** Starts the terminal UI on the given terminal. Loaded only when it is shown. */
import { render } from "ink";
import type { StartTui } from "../cli/tui-port.ts";
import { App } from "./app.tsx";
import { makeStore } from "./store.ts";
import { makeTheme } from "./theme.ts";

/** Draws until the session is over. Uses the alternate screen: what was there before comes back. */
export const startTui: StartTui = async ({ subscribe, actions, signal, stdin, stdout, color }) => {
  const store = makeStore();
  const unsubscribe = subscribe((event) => store.push(event));
  const instance = render(<App store={store} actions={actions} theme={makeTheme(color)} />, {
    stdin,
    stdout,
    alternateScreen: true,
    exitOnCtrlC: false,
    interactive: true,
  });
  const end = (): void => instance.unmount();
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  await instance.waitUntilExit();
  unsubscribe();
  store.stop();
};

// Preloaded by the tests of test/frameworks: the globals of a page, before a framework looks for them.
import { Window } from "happy-dom";

const window = new Window({ url: "http://app.test/" });
const names = Object.getOwnPropertyNames(window).filter(
  (name) => !(name in globalThis) && !name.startsWith("_"),
);
for (const name of [
  "window",
  "document",
  "navigator",
  "location",
  "Event",
  "EventTarget",
  ...names,
])
  Object.defineProperty(globalThis, name, {
    value: name === "window" ? globalThis : window[name],
    configurable: true,
    writable: true,
  });

// The types of an app's states.
import "statelink";

declare module "statelink" {
  interface States {
    Room: {
      vars: {
        readonly count: number;
        readonly users: readonly { readonly name: string }[];
      };
      events: {
        inc: (args: { by: number }) => void;
        rename: (args?: { name?: string }) => void;
        clear: () => void;
      };
    };
    "shop.views.Cart": {
      vars: { readonly items: readonly string[] };
      events: { add: (args: { item: string }) => void };
    };
    Quiet: { vars: { readonly on: boolean }; events: {} };
  }
}

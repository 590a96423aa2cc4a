// roles.js: what users may do, in words.
import { t } from "./text.js";

export const roles = () => ({
  agent: [t("Agent"), t("Calls, contacts, callers to call back and the phone")],
  editor: [t("Editor"), t("Also rules, overrides and forwarding")],
  admin: [t("Admin"), t("Everything, also numbers and users")],
});

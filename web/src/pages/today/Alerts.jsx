// Alerts.jsx: shows open alerts, if any. The list itself isn't part of the first load.
import { Suspense } from "react";
import { lazyPart } from "../../parts/boundary.jsx";
import { useResource } from "../../resource.js";

const AlertList = lazyPart(() => import("./AlertList.jsx"), "AlertList");

export function Alerts() {
  const { data } = useResource("/api/twilio/alerts");
  return data?.alerts.length > 0 && <Suspense fallback={null}><AlertList data={data} /></Suspense>;
}

// App.jsx: the console's pages. Each but Today is a chunk of its own, fetched
// when it is opened.
import { Activity, Suspense } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { Layout } from "./layout/Layout.jsx";
import { LiveProvider } from "./live.jsx";
import { Today } from "./pages/Today.jsx";
import { Boundary, LoadingChunk, lazyPart } from "./parts/boundary.jsx";
import { DialogHost } from "./parts/forms/dialog_host.jsx";
import { DialProvider } from "./parts/numbers/dial.jsx";
import { NoticeProvider } from "./parts/notice.jsx";
import { NumberLinks } from "./parts/numbers/number_link.jsx";
import { Ready } from "./parts/states.jsx";
import { useMay, useSession } from "./session.jsx";
import { t } from "./text/text.js";

const Login = lazyPart(() => import("./pages/Login.jsx"), "Login");
const Calls = lazyPart(() => import("./pages/Calls.jsx"), "Calls");
const Call = lazyPart(() => import("./pages/Call.jsx"), "Call");
const Inbox = lazyPart(() => import("./pages/Inbox.jsx"), "Inbox");
const Caller = lazyPart(() => import("./pages/Caller.jsx"), "Caller");
const Recordings = lazyPart(() => import("./pages/Recordings.jsx"), "Recordings");
const Numbers = lazyPart(() => import("./pages/Numbers.jsx"), "Numbers");
const Forwarding = lazyPart(() => import("./pages/Forwarding.jsx"), "Forwarding");
const Rules = lazyPart(() => import("./pages/Rules.jsx"), "Rules");
const Team = lazyPart(() => import("./pages/Team.jsx"), "Team");
const Statistics = lazyPart(() => import("./pages/Statistics.jsx"), "Statistics");
const Settings = lazyPart(() => import("./pages/Settings.jsx"), "Settings");
const Audit = lazyPart(() => import("./pages/Audit.jsx"), "Audit");
const NotFound = lazyPart(() => import("./pages/NotFound.jsx"), "NotFound");
const NotAllowed = lazyPart(() => import("./pages/NotFound.jsx"), "NotAllowed");

// Any number leads to its caller's page.
function CallerLink({ number, children }) {
  return <Link href={`~/callers/${number}`} className="caller-link">{children}</Link>;
}

function Pages() {
  const [place] = useLocation();
  const may = useMay();
  const forRole = (least, element) => (may(least) ? element : <NotAllowed least={least} />);
  return (
    <Boundary place={place}><DialogHost><Boundary place={place}>
      <Suspense fallback={<LoadingChunk what={t("the page")} page />}>
        <Switch>
          <Route path="/"><Today /></Route>
          <Route path="/calls"><Calls /></Route>
          <Route path="/calls/:sid">{({ sid }) => <Call key={sid} sid={sid} />}</Route>
          <Route path="/inbox"><Inbox /></Route>
          <Route path="/callers/:number">{({ number }) => <Caller key={number} number={number} />}</Route>
          <Route path="/recordings"><Recordings /></Route>
          <Route path="/numbers">{forRole("admin", <Numbers />)}</Route>
          <Route path="/forwarding">{forRole("editor", <Forwarding />)}</Route>
          <Route path="/rules" nest>{forRole("editor", <Rules />)}</Route>
          <Route path="/team" nest>{forRole("editor", <Team />)}</Route>
          <Route path="/statistics"><Statistics /></Route>
          <Route path="/settings"><Settings /></Route>
          <Route path="/audit">{forRole("admin", <Audit />)}</Route>
          <Route><NotFound /></Route>
        </Switch>
      </Suspense>
    </Boundary></DialogHost></Boundary>
  );
}

// Hidden and at rest while its user has to sign in again: it keeps what was typed.
export function App() {
  const { me, isOver } = useSession();
  if (me.data === undefined) return <Ready query={me} what={t("the console")}>{() => null}</Ready>;
  return (
    <>
      {(isOver || !me.data) && <Suspense fallback={<LoadingChunk what={t("the console")} />}><Login /></Suspense>}
      {me.data && (
        <Activity key={me.data.user.id} mode={isOver ? "hidden" : "visible"}>
          <NoticeProvider>
            <LiveProvider>
              <DialProvider>
                <NumberLinks value={CallerLink}>
                  <Layout>
                    <Pages />
                  </Layout>
                </NumberLinks>
              </DialProvider>
            </LiveProvider>
          </NoticeProvider>
        </Activity>
      )}
    </>
  );
}

// calendars.mjs: a server of calendars on the loopback interface, and what it was asked.
import http from "node:http";

// what(path) gives { status, body, headers } for each request; `asked` are the requests' headers.
export async function startCalendars(what) {
  const asked = [];
  const server = http.createServer((request, answer) => {
    asked.push({ path: request.url, ...request.headers });
    const { status = 200, body = "", headers = {} } = what(request) ?? { status: 404 };
    answer.writeHead(status, headers).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { asked, origin: `http://127.0.0.1:${server.address().port}`, stop: () => { server.closeAllConnections(); server.close(); } };
}

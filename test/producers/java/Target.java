import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import one.convert.Arguments;
import one.convert.JfrToPprof;
import one.profiler.AsyncProfiler;

/**
 * A program that spins and allocates, profiled by async-profiler: each request records
 * as long as it says, and its own converter makes pprof of the recording.
 */
public class Target {
  static volatile long sink;
  static volatile byte[] latest;

  static void javaSpins() {
    for (int number = 0; number < 1_000_000; number++) sink = sink * 31 + number;
  }

  static void javaAllocates() {
    for (int number = 0; number < 1000; number++) latest = new byte[1024];
  }

  static byte[] record(String event, String[] options, int seconds) throws Exception {
    Path jfr = Files.createTempFile("target", ".jfr"), pprof = Files.createTempFile("target", ".pb");
    try {
      AsyncProfiler profiler = AsyncProfiler.getInstance();
      profiler.execute("start," + event + ",jfr,file=" + jfr);
      Thread.sleep(seconds * 1000L);
      profiler.execute("stop");
      Arguments arguments = new Arguments(options);
      arguments.output = "pprof";
      JfrToPprof.convert(jfr.toString(), pprof.toString(), arguments);
      return Files.readAllBytes(pprof);
    } finally {
      Files.delete(jfr);
      Files.delete(pprof);
    }
  }

  /** What seconds=N of the query says. */
  static int seconds(HttpExchange exchange) {
    String query = exchange.getRequestURI().getQuery();
    return Integer.parseInt(query.replaceAll(".*seconds=(\\d+).*", "$1"));
  }

  static void answer(HttpExchange exchange, String event, String... options) throws IOException {
    int status = 200;
    byte[] body;
    try {
      body = record(event, options, seconds(exchange));
    } catch (Exception error) {
      status = 500;
      body = error.toString().getBytes();
    }
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  public static void main(String[] arguments) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    // One recording at a time: the server has one thread.
    server.createContext("/debug/pprof/profile", e -> answer(e, "event=itimer", "--cpu", "--threads"));
    server.createContext("/debug/pprof/alloc", e -> answer(e, "event=alloc,alloc=64k", "--alloc", "--total"));
    server.start();
    System.out.println("listening on 127.0.0.1:" + server.getAddress().getPort());
    for (;;) {
      javaSpins();
      javaAllocates();
    }
  }
}

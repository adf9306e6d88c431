//! A program that spins, profiled by pprof-rs: CPU time, served as pprof.

use pprof::protos::Message;
use std::hint::black_box;
use std::time::Duration;

#[inline(never)]
fn rust_spins() {
    let mut sum = 0u64;
    for number in 0..1_000_000u64 {
        sum = black_box(sum ^ (number << 1));
    }
}

/// What `seconds=N` of the query says.
fn seconds(url: &str) -> u64 {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let value = query.split('&').find_map(|pair| pair.strip_prefix("seconds="));
    value.and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn profile(duration: Duration) -> pprof::Result<Vec<u8>> {
    let guard = pprof::ProfilerGuard::new(100)?;
    std::thread::sleep(duration);
    Ok(guard.report().build()?.pprof()?.encode_to_vec())
}

fn answer(request: tiny_http::Request) -> std::io::Result<()> {
    if !request.url().starts_with("/debug/pprof/profile") {
        return request.respond(tiny_http::Response::empty(404));
    }
    match profile(Duration::from_secs(seconds(request.url()))) {
        Ok(body) => request.respond(tiny_http::Response::from_data(body)),
        Err(error) => {
            let text = tiny_http::Response::from_string(error.to_string());
            request.respond(text.with_status_code(500))
        }
    }
}

fn main() {
    let server = tiny_http::Server::http("127.0.0.1:0").expect("a port");
    println!("listening on {}", server.server_addr());
    std::thread::Builder::new()
        .name("spinner".to_string())
        .spawn(|| loop {
            rust_spins()
        })
        .expect("a thread");
    for request in server.incoming_requests() {
        // Whoever asked may have gone.
        let _ = answer(request);
    }
}

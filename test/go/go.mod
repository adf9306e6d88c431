module pyrite.test/go

go 1.19

require (
	github.com/grafana/pyroscope-go/godeltaprof v0.1.9
	github.com/prometheus/client_golang v1.14.0
)

require (
	github.com/golang/protobuf v1.5.2 // indirect
	github.com/klauspost/compress v1.17.8 // indirect
	github.com/matttproud/golang_protobuf_extensions v1.0.1 // indirect
	github.com/prometheus/client_model v0.3.0 // indirect
	github.com/prometheus/common v0.37.0 // indirect
	google.golang.org/protobuf v1.28.1 // indirect
)

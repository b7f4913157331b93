package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"throng/dsl/plan"
	"throng/scenarios/exampleapi"
)

// exampleOptions say how an example API behaves.
type exampleOptions struct {
	seed   uint64
	scale  float64
	faults []exampleapi.Fault
}

// examples are the example APIs that this process serves on loopback, by the
// address under which the plan's targets name them.
type examples struct {
	servers  []*http.Server
	services []*exampleapi.Service
	address  map[string]netip.AddrPort
	served   sync.WaitGroup
}

// startExamples serves every example API that a plan's targets ask for.
func startExamples(p *plan.Plan, o exampleOptions) (*examples, error) {
	e := &examples{address: map[string]netip.AddrPort{}}
	for i := range p.Targets {
		t := &p.Targets[i]
		if t.Example == "" || e.address[t.Address()].IsValid() {
			continue
		}
		addr, err := e.start(t.Example, "127.0.0.1:0", o)
		if err != nil {
			e.close()
			return nil, err
		}
		e.address[t.Address()] = addr
	}
	return e, nil
}

func (e *examples) start(name, listen string, o exampleOptions) (netip.AddrPort, error) {
	var at netip.AddrPort
	if o.scale == 0 {
		o.scale = 1
	}
	service, err := exampleapi.New(name, exampleapi.Options{Seed: o.seed, Scale: o.scale, Faults: o.faults})
	if err != nil {
		return at, fmt.Errorf("there is no example API %q; there are: %s", name, strings.Join(exampleapi.Names(), ", "))
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		service.Close()
		return at, fmt.Errorf("the example API cannot listen on %s: %w", listen, err)
	}
	server := &http.Server{Handler: service, ReadHeaderTimeout: 10 * time.Second}
	e.services = append(e.services, service)
	e.servers = append(e.servers, server)
	e.served.Go(func() { _ = server.Serve(l) })
	return l.Addr().(*net.TCPAddr).AddrPort(), nil
}

// close ends the services and waits for their servers.
func (e *examples) close() {
	for _, s := range e.services {
		s.Close()
	}
	for _, s := range e.servers {
		_ = s.Close()
	}
	e.served.Wait()
}

func (a *app) exampleCommand() *cobra.Command {
	var listen string
	var faults []string
	var o exampleOptions
	cmd := &cobra.Command{
		Use:   "example NAME",
		Short: "Serve an example API",
		Long: fmt.Sprintf(`Serves one of the example APIs until it is interrupted:
%s.

Scenarios whose base_url is example://NAME need no such server: the run
serves it by itself. Faults make it misbehave; they can also be switched while
it runs, by POST and DELETE on /__faults:

%s`, strings.Join(exampleapi.Names(), ", "), exampleapi.FaultHelp),
		Example:   "  throng example orchestrator --listen 127.0.0.1:8000\n  throng example autoarr --fault 'slow:GET /api/v1/shows:+800ms'",
		ValidArgs: exampleapi.Names(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("name one example API: %s", strings.Join(exampleapi.Names(), ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, s := range faults {
				f, err := exampleapi.ParseFault(s)
				if err != nil {
					return err
				}
				o.faults = append(o.faults, f)
			}
			return a.serveExample(args[0], listen, o)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8000", "`ADDRESS` to listen on")
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "seed of its latencies and faults")
	cmd.Flags().Float64Var(&o.scale, "scale", 1, "factor on its latencies")
	cmd.Flags().StringArrayVar(&faults, "fault", nil, "a `FAULT` to switch on from the start; may be repeated")
	return cmd
}

func (a *app) serveExample(name, listen string, o exampleOptions) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	e := &examples{}
	addr, err := e.start(name, listen, o)
	if err != nil {
		return err
	}
	defer e.close()
	if _, err := fmt.Fprintf(a.env.Stdout, "%s listens on http://%s (docs at /docs); Ctrl-C ends it\n", name, addr); err != nil {
		return errors.New("stdout is closed")
	}
	<-ctx.Done()
	return nil
}

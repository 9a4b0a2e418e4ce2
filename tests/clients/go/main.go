// Works a demo cloud through Linode's SDK for Go, unmodified, and says what it found.
//
// Usage: linodego http://127.0.0.1:PORT TOKEN. Each line of the output is a JSON object with "did".
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/linode/linodego"
)

type found map[string]any

func did(what string, more found) {
	more["did"] = what
	line, err := json.Marshal(more)
	must(err)
	fmt.Println(string(line))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func get[T any](value T, err error) T {
	must(err)
	return value
}

// demo asks one of the demo's own endpoints.
func demo(url, method, name string, body any) map[string]any {
	text := get(json.Marshal(body))
	request := get(http.NewRequest(method, url+"/_demo/"+name, bytes.NewReader(text)))
	reply := get(http.DefaultClient.Do(request))
	defer func() { _ = reply.Body.Close() }()
	answer := map[string]any{}
	must(json.Unmarshal(get(io.ReadAll(reply.Body)), &answer))
	return answer
}

func step(url string, seconds int) {
	demo(url, "POST", "clock", found{"step_ms": seconds * 1000})
}

// refusal is the status and the text of an error of the API.
func refusal(err error) []any {
	var api *linodego.Error
	if errors.As(err, &api) {
		return []any{api.Code, api.Message}
	}
	return nil
}

func listed(filter linodego.Filter) *linodego.ListOptions {
	text := get(filter.MarshalJSON())
	return &linodego.ListOptions{Filter: string(text)}
}

func main() {
	url, token := os.Args[1], os.Args[2]
	ctx := context.Background()
	client := linodego.NewClient(http.DefaultClient)
	client.SetToken(token)
	get(client.UseURL(url + "/v4beta"))
	client.SetPollDelay(50 * time.Millisecond)
	client.SetRetryWaitTime(20 * time.Millisecond)
	client.SetRetryMaxWaitTime(100 * time.Millisecond)

	catalog(ctx, client)
	cluster := cluster(ctx, client, url)
	firewall(ctx, client, cluster)
	retries(ctx, client, url)

	must(client.DeleteLKECluster(ctx, cluster))
	step(url, 60)
	_, err := client.GetLKECluster(ctx, cluster)
	did("gone", found{"refused": refusal(err)})
}

func catalog(ctx context.Context, client linodego.Client) {
	did("profile", found{"username": get(client.GetProfile(ctx)).Username})
	availability := get(client.ListRegionsAvailability(ctx, nil))
	small := get(client.ListRegionsAvailability(ctx, &linodego.ListOptions{PageSize: 25}))
	did("availability", found{"rows": len(availability), "by25": len(small)})
	_, err := client.ListRegionsAvailability(ctx, &linodego.ListOptions{PageSize: 10})
	did("pages of ten", found{"refused": refusal(err)})

	gpu := linodego.Filter{Order: linodego.Descending, OrderBy: "vcpus"}
	gpu.AddField(linodego.Eq, "class", "gpu")
	gpu.AddField(linodego.Lt, "vcpus", 16)
	var ids []string
	for _, one := range get(client.ListTypes(ctx, listed(gpu))) {
		ids = append(ids, one.ID)
	}
	// An empty list of conditions, and an order that does not say of what.
	all := get(client.ListTypes(ctx, listed(*linodego.And("", ""))))
	ordered := get(client.ListTypes(ctx, listed(*linodego.And(linodego.Descending, ""))))
	did("types", found{"gpu": ids, "all": len(all), "ordered": len(ordered)})

	wrong := linodego.Filter{}
	wrong.AddField(linodego.Eq, "foo", "bar")
	_, err = client.ListTypes(ctx, listed(wrong))
	did("unfilterable", found{"refused": refusal(err)})
}

func cluster(ctx context.Context, client linodego.Client, url string) int {
	on := true
	ipv4 := []string{"203.0.113.7/32"}
	made := get(client.CreateLKECluster(ctx, linodego.LKEClusterCreateOptions{
		Label: "by-go", Region: "us-ord", K8sVersion: "1.34", Tags: []string{"gpu"},
		NodePools: []linodego.LKENodePoolCreateOptions{{Type: "g6-standard-2", Count: 1}},
		ControlPlane: &linodego.LKEClusterControlPlaneOptions{
			HighAvailability: &on,
			ACL: &linodego.LKEClusterControlPlaneACLOptions{
				Enabled:   &on,
				Addresses: &linodego.LKEClusterControlPlaneACLAddressesOptions{IPv4: &ipv4},
			},
		},
	}))
	ready := get(client.WaitForLKEClusterStatus(ctx, made.ID, linodego.LKEClusterReady, 10))
	did("cluster", found{"id": made.ID, "label": ready.Label, "tier": ready.Tier})

	// The SDK asks for the kubeconfig until it is there; meanwhile time must pass.
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
				step(url, 10)
			}
		}
	}()
	before := calls(url)
	config := get(client.GetLKEClusterKubeconfig(ctx, made.ID))
	close(done)
	did("kubeconfig", found{"begins": config.KubeConfig[:4], "asked": calls(url) - before})

	pool := get(client.CreateLKENodePool(ctx, made.ID, linodego.LKENodePoolCreateOptions{
		Type: "g6-standard-1", Count: 1, Tags: []string{"more"},
		Labels: linodego.LKENodePoolLabels{"tier": "web"},
		Taints: []linodego.LKENodePoolTaint{{
			Key: "a.com/b", Value: "c", Effect: linodego.LKENodePoolTaintEffectNoSchedule,
		}},
	}))
	pool = get(client.UpdateLKENodePool(ctx, made.ID, pool.ID, linodego.LKENodePoolUpdateOptions{
		Autoscaler: &linodego.LKENodePoolAutoscaler{Enabled: true, Min: 1, Max: 4},
	}))
	step(url, 240)
	pool = get(client.GetLKENodePool(ctx, made.ID, pool.ID))
	did("pool", found{
		"id": pool.ID, "max": pool.Autoscaler.Max, "status": pool.Linodes[0].Status,
		"taint": pool.Taints[0].Key, "label": pool.Labels["tier"],
	})
	return made.ID
}

// calls is how often kubeconfigs were asked for.
func calls(url string) float64 {
	all := demo(url, "GET", "calls", nil)
	times, _ := all["GET /v4beta/lke/clusters/{id}/kubeconfig"].(float64)
	return times
}

func firewall(ctx context.Context, client linodego.Client, cluster int) {
	since := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	nodes := linodego.Filter{Order: linodego.Ascending, OrderBy: "id"}
	nodes.AddField(linodego.Contains, "label", fmt.Sprintf("lke%d-", cluster))
	node := get(client.ListInstances(ctx, listed(nodes)))[0].ID
	running := get(client.WaitForInstanceStatus(ctx, node, linodego.InstanceRunning, 10))
	event, err := client.WaitForEventFinished(
		ctx, node, linodego.EntityLinode, linodego.ActionLinodeCreate, since, 10)
	must(err)
	made := get(client.CreateFirewall(ctx, linodego.FirewallCreateOptions{
		Label:   "by-go",
		Rules:   linodego.FirewallRuleSet{InboundPolicy: "DROP", OutboundPolicy: "ACCEPT"},
		Devices: linodego.DevicesCreationOptions{Linodes: []int{node}},
	}))
	devices := get(client.ListFirewallDevices(ctx, made.ID, nil))
	did("firewall", found{
		"id": made.ID, "node": node, "entity": devices[0].Entity.ID, "status": running.Status,
		"event": event.Status,
	})
	must(client.DeleteFirewall(ctx, made.ID))
}

// retries: told to come later, and left waiting, the SDK asks again by itself; not in maintenance.
func retries(ctx context.Context, client linodego.Client, url string) {
	kinds := []string{
		"rate_limited", "timeout", "busy", "unavailable", "nginx_page", "maintenance",
	}
	for _, kind := range kinds {
		rule := found{"kind": kind, "path": "/profile", "at_call": 1}
		demo(url, "PUT", "faults", found{"rules": []any{rule}})
		_, err := client.GetProfile(ctx)
		fired := demo(url, "GET", "faults", nil)["fired"].(map[string]any)[kind]
		did("again", found{"kind": kind, "fired": fired, "refused": refusal(err)})
	}
	demo(url, "PUT", "faults", found{"rules": []any{}})
}

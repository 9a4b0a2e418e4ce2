// Writes the table by which the demo cloud reads Kubernetes' protobuf: for each message its fields,
// each as name:number:type. A descriptor of the messages would not do: what JSON leaves out is known
// from the Go types alone.
//
//	go run . > ../../../crates/sim/src/kubernetes/fields.txt
package main

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	autoscaling "k8s.io/api/autoscaling/v1"
	autoscaling2 "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	networking "k8s.io/api/networking/v1"
	node "k8s.io/api/node/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// By the apiVersion that their objects bear.
var kinds = map[string][]any{
	"v1": {
		core.ConfigMap{}, core.Endpoints{}, core.Event{}, core.LimitRange{}, core.Namespace{},
		core.Node{}, core.PersistentVolume{}, core.PersistentVolumeClaim{}, core.Pod{},
		core.ReplicationController{}, core.ResourceQuota{}, core.Secret{}, core.Service{}, core.ServiceAccount{},
		meta.DeleteOptions{},
	},
	"admissionregistration.k8s.io/v1": {
		admissionregistration.MutatingWebhookConfiguration{},
		admissionregistration.ValidatingWebhookConfiguration{},
	},
	"apps/v1": {apps.DaemonSet{}, apps.Deployment{}, apps.ReplicaSet{}, apps.StatefulSet{}},
	"authentication.k8s.io/v1": {
		authentication.SelfSubjectReview{}, authentication.TokenRequest{}, authentication.TokenReview{},
	},
	"authorization.k8s.io/v1": {
		authorization.LocalSubjectAccessReview{}, authorization.SelfSubjectAccessReview{},
		authorization.SelfSubjectRulesReview{}, authorization.SubjectAccessReview{},
	},
	"autoscaling/v1":         {autoscaling.HorizontalPodAutoscaler{}, autoscaling.Scale{}},
	"autoscaling/v2":         {autoscaling2.HorizontalPodAutoscaler{}},
	"batch/v1":               {batch.CronJob{}, batch.Job{}},
	"coordination.k8s.io/v1": {coordination.Lease{}},
	"discovery.k8s.io/v1":    {discovery.EndpointSlice{}},
	"networking.k8s.io/v1":   {networking.Ingress{}, networking.NetworkPolicy{}},
	"node.k8s.io/v1":         {node.RuntimeClass{}},
	"policy/v1":              {policy.Eviction{}, policy.PodDisruptionBudget{}},
	"rbac.authorization.k8s.io/v1": {
		rbac.ClusterRole{}, rbac.ClusterRoleBinding{}, rbac.Role{}, rbac.RoleBinding{},
	},
	"scheduling.k8s.io/v1": {scheduling.PriorityClass{}},
	"storage.k8s.io/v1": {
		storage.CSIDriver{}, storage.CSINode{}, storage.StorageClass{}, storage.VolumeAttachment{},
	},
}

// What is no map of its fields in JSON.
var own = map[reflect.Type]string{
	reflect.TypeFor[meta.Time]():          "time",
	reflect.TypeFor[meta.MicroTime]():     "microtime",
	reflect.TypeFor[resource.Quantity]():  "quantity",
	reflect.TypeFor[intstr.IntOrString](): "number-or-text",
	reflect.TypeFor[meta.FieldsV1]():      "json",
	reflect.TypeFor[[]byte]():             "bytes",
}

var lines = map[string]string{}

func main() {
	var roots []string
	for version, all := range kinds {
		for _, one := range all {
			of := reflect.TypeOf(one)
			roots = append(roots, fmt.Sprintf("%s %s %s", version, of.Name(), message(of)))
		}
	}
	sort.Strings(roots)
	var names []string
	for name := range lines {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, root := range roots {
		fmt.Println("kind", root)
	}
	for _, name := range names {
		fmt.Println(name + lines[name])
	}
}

// A short name: the group, and its version where that is not 1.
func name(of reflect.Type) string {
	parts := strings.Split(of.PkgPath(), "/")
	group, version := parts[len(parts)-2], parts[len(parts)-1]
	return group + strings.TrimPrefix(strings.TrimPrefix(version, "v"), "1") + "." + of.Name()
}

func message(of reflect.Type) string {
	called := name(of)
	if _, known := lines[called]; known {
		return called
	}
	lines[called] = ""
	var out strings.Builder
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Name == "TypeMeta" { // The envelope has it.
			continue
		}
		tag := strings.Split(field.Tag.Get("protobuf"), ",")
		json := strings.Split(field.Tag.Get("json"), ",")
		if len(tag) < 2 {
			stop("%s.%s is in no message", called, field.Name)
		}
		shown := json[0]
		if shown == "" { // An embedded struct: its fields stand among its holder's.
			shown = "."
		}
		fmt.Fprintf(&out, " %s:%s:%s", shown, tag[1], shape(field, json[1:]))
	}
	lines[called] = out.String()
	return called
}

// The type, with [] or {} before it for lists and maps, and ? after what JSON leaves out when it is
// empty: of a pointer the message itself says that, and a struct is left out by omitzero alone.
func shape(field reflect.StructField, options []string) string {
	leaves := slices.Contains(options, "omitzero")
	switch field.Type.Kind() {
	case reflect.Pointer:
		leaves = false
	case reflect.Struct:
	default:
		leaves = leaves || slices.Contains(options, "omitempty")
	}
	if leaves {
		return kind(field.Type) + "?"
	}
	return kind(field.Type)
}

func kind(of reflect.Type) string {
	if special, is := own[of]; is {
		return special
	}
	switch of.Kind() {
	case reflect.Pointer:
		return kind(of.Elem())
	case reflect.Slice:
		return "[]" + kind(of.Elem())
	case reflect.Map:
		if of.Elem().Kind() == reflect.Slice && of.Elem().Name() != "" { // A message of its own.
			return "{}texts"
		}
		return "{}" + kind(of.Elem())
	case reflect.Struct:
		return message(of)
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "flag"
	case reflect.Int32, reflect.Int64:
		return "number"
	}
	stop("nothing is known of %s", of)
	return ""
}

func stop(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

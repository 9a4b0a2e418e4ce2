//! The Kubernetes of a world's one cluster.

use crate::cloud::Over;
use async_trait::async_trait;
use domain::inside::{Amounts, NodeInside, Pod};
use domain::inventory::{GpuTest, KubeNode, LoadBalancer, PersistentVolume, ServiceName};
use domain::view::Reader;
use engine::ports::{Address, Answer, Failure, Kind, Kube, KubeApi, KubeReach};
use ipnet::IpNet;
use secrecy::SecretString;
use std::sync::Arc;

#[async_trait]
impl Kube for Over {
    async fn connect(&self, _: &SecretString) -> Answer<Arc<dyn KubeApi>> {
        Ok(Arc::new(self.clone()))
    }
}

impl Over {
    fn answers(&self) -> Answer<()> {
        let hour = engine::ports::Clock::now(&*self.0) + jiff::SignedDuration::from_hours(1);
        let mut state = self.0.state();
        match state.cut_at_kubernetes {
            Some(0) => (state.cut_at_kubernetes, state.offline) = (None, Some(hour)),
            Some(left) => state.cut_at_kubernetes = Some(left - 1),
            None => {}
        }
        drop(state);
        self.0.online("ask Kubernetes")?;
        let state = self.0.state();
        let left_out = state.kubernetes_lets_in.is_some_and(|mine| {
            let mut lists = state.clusters.iter().map(|one| &one.access.0);
            !lists.any(|list| list.contains(&mine))
        });
        if state.kubernetes_silent || left_out {
            return Err(Failure::new(Kind::Unavailable, "ask Kubernetes"));
        }
        Ok(())
    }
}

#[async_trait]
impl KubeApi for Over {
    async fn nodes(&self) -> Answer<Vec<KubeNode>> {
        self.answers()?;
        let nodes = self.0.shown_instances().into_iter().map(|one| KubeNode {
            name: one.label,
            instance: Some(one.id),
            ready: true,
            gpus: u32::from(one.instance_type.starts_with("g2-gpu")),
        });
        Ok(nodes.collect())
    }

    async fn nodes_inside(&self) -> Answer<Vec<NodeInside>> {
        let whole = |node| NodeInside {
            node,
            version: "v1.34.2".to_owned(),
            born: None,
            labels: Vec::new(),
            taints: Vec::new(),
            cordoned: false,
            gives: Amounts::default(),
            pods_max: 110,
            readable: true,
        };
        Ok(self.nodes().await?.into_iter().map(whole).collect())
    }

    async fn pods(&self) -> Answer<Vec<Pod>> {
        self.answers().map(|()| Vec::new())
    }

    async fn persistent_volumes(&self) -> Answer<Vec<PersistentVolume>> {
        self.answers()?;
        Ok(self.0.state().pvs.clone())
    }

    async fn load_balancers(&self) -> Answer<Vec<LoadBalancer>> {
        self.answers()?;
        let state = self.0.state();
        let one = |(namespace, name): &(String, String)| LoadBalancer {
            service: ServiceName {
                namespace: namespace.clone(),
                name: name.clone(),
            },
            address: None,
        };
        Ok(state.services.iter().map(one).collect())
    }

    async fn set_gpu_plugin(&self, _: u8) -> Answer<()> {
        self.answers()
    }

    async fn test_gpus(&self, _: &str, _: bool) -> Answer<Option<GpuTest>> {
        self.answers()?;
        let passed = GpuTest::Passed { cards: Vec::new() };
        Ok(Some(passed).filter(|_| !self.0.state().gpu_test_hangs))
    }

    async fn set_storage_class(&self, _: &[String]) -> Answer<()> {
        self.answers()
    }

    async fn delete_service(&self, namespace: &str, name: &str) -> Answer<()> {
        self.answers()?;
        self.0.fault(
            "DELETE service",
            format!("DELETE service {namespace}/{name}"),
        )?;
        let mut state = self.0.state();
        state.services.retain(|one| one.1 != name);
        state.nodebalancers.retain(|one| !one.label.ends_with(name));
        Ok(())
    }

    async fn retain_volume(&self, name: &str) -> Answer<()> {
        self.answers()?;
        self.0
            .fault("PATCH pv", format!("PATCH pv {name} Retain"))?;
        for pv in self.0.state().pvs.iter_mut().filter(|pv| pv.name == name) {
            pv.retained = true;
        }
        Ok(())
    }

    async fn delete_claim(&self, namespace: &str, name: &str) -> Answer<()> {
        self.answers()?;
        self.0
            .fault("DELETE claim", format!("DELETE claim {namespace}/{name}"))
            .map(|_| ())
    }
}

#[async_trait]
impl KubeReach for Over {
    async fn guard_service(&self, _: &ServiceName, _: &[IpNet]) -> Answer<()> {
        self.answers()
    }

    async fn readers(&self) -> Answer<Vec<Reader>> {
        unreachable!("no run asks for readers");
    }

    async fn admit_reader(
        &self,
        _: &str,
        _: jiff::SignedDuration,
    ) -> Answer<(SecretString, Reader)> {
        unreachable!("no run admits a reader");
    }

    async fn set_policy(&self, _: &str, _: bool) -> Answer<()> {
        unreachable!("no run sets a network policy");
    }

    async fn namespaces(&self) -> Answer<Vec<String>> {
        unreachable!("no run asks for namespaces");
    }

    async fn policies(&self) -> Answer<Vec<String>> {
        Ok(Vec::new())
    }

    async fn dismiss_reader(&self, _: &str) -> Answer<()> {
        unreachable!("no run dismisses a reader");
    }
}

#[async_trait]
impl Address for Over {
    async fn mine(&self) -> Answer<Vec<IpNet>> {
        Err(Failure::new(Kind::Invalid, "ask for the address"))
    }
}

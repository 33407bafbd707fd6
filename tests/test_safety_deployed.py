"""Containers, clusters and cloud accounts: what is destroyed there, and what stays quiet."""

from __future__ import annotations

import pytest

from caro_shell import safety

JUDGED = (
    ("docker ps -aq | xargs docker rm -f", "danger"),
    ("docker rm $(docker ps -aq -f status=exited)", "caution"),
    ("docker rm -f web", "safe"),
    ("docker --context prod volume prune -f", "danger"),
    ("docker run --rm -it -v /:/host alpine chroot /host", "danger"),
    ("docker run --privileged alpine id", "caution"),
    ("docker run -itv /:/host alpine", "danger"),
    ("docker run --rm -v ~:/h alpine sh -c 'rm -rf /h/*'", "danger"),
    ("docker run --rm -v ~/a/build:/b alpine rm -rf /b", "caution"),
    ("dockerd --host=tcp://0.0.0.0:2375", "danger"),
    ("dockerd --host=tcp://0.0.0.0:2376 --tlsverify", "safe"),
    ("kubectl taint nodes --all k=v:NoExecute", "danger"),
    ("kubectl taint nodes --all k=v:NoExecute-", "caution"),
    ('aws iam put-role-policy --role-name r --policy-document \'{"Action": "*"}\'', "danger"),
    ("gcloud compute firewall-rules create a --allow=tcp:3306 --source-ranges=0.0.0.0/0", "danger"),
    ("gcloud compute firewall-rules create a --allow=tcp:443 --source-ranges=0.0.0.0/0", "safe"),
    ("az network nsg rule create -n a --source-address-prefixes '*' --destination-port-ranges 22", "danger"),
    (
        "az network nsg rule create -n a --source-address-prefixes 10.0.0.0/8 --destination-port-ranges 22",
        "safe",
    ),
    ('docker run --rm -v "$PWD":/app -v /etc/localtime:/etc/localtime:ro node npm test', "safe"),
    ("docker compose -f a.yml down --volumes", "danger"),
    ("docker compose -f a.yml down --remove-orphans", "safe"),
    ("docker system prune -af", "caution"),
    ("docker system prune -af --volumes", "danger"),
    ("kubectl -n prod delete deploy --all", "danger"),
    ("kubectl delete ns old", "danger"),
    ("kubectl delete pod web-1", "safe"),
    ("kubectl delete -f all.yml --dry-run=client", "safe"),
    ("helm ls -q | xargs helm uninstall", "danger"),
    ("helm uninstall web", "caution"),
    ("terraform -chdir=prod destroy", "danger"),
    ("terraform destroy -target=aws_instance.a", "caution"),
    ("terraform plan -destroy", "safe"),
    ("npx cdk destroy --force", "danger"),
    ("aws --profile p s3 rb s3://b --force", "danger"),
    ("aws s3 rm s3://b/logs/2020/ --recursive", "caution"),
    ("aws s3 rm s3://b/a.txt", "safe"),
    ("aws ec2 terminate-instances --instance-ids i-1 --dry-run", "safe"),
    ("gcloud sql instances delete x --quiet", "danger"),
    ("az vm show -g a -n b", "safe"),
    ("rclone purge r:b", "danger"),
    ("rclone purge r:b --dry-run", "safe"),
    ("vault secrets disable kv", "danger"),
    ("vault kv get kv/a", "safe"),
    ("terraform plan -destroy -out x && terraform apply x", "danger"),
    ("terraform plan -destroy", "safe"),
    ("terraform state list | xargs terraform state rm", "danger"),
    ("aws iam list-entities-for-policy --policy-arn arn:aws:iam::aws:policy/AdministratorAccess", "safe"),
    ("curl -X DELETE https://api.github.com/repos/a/b", "danger"),
    ("curl -X DELETE https://h.example/items/4", "caution"),
    ("curl -X DELETE localhost:8080/items/4", "safe"),
    ("postsuper -d ALL", "danger"),
    ("postsuper -d 4F2A1", "caution"),
    ("npm access public a", "danger"),
    ("gh secret list | cut -f1 | xargs -n1 gh secret delete", "danger"),
)


@pytest.mark.parametrize(("line", "level"), JUDGED)
def test_a_line_is_judged_by_what_it_loses(line: str, level: str) -> None:
    assert str(safety.judge(line, "bash", home="/home/user").level) == level

import base64
import http.client
import json
import unittest
import urllib.parse
from typing import Any

from support import EmulatorTest, server_url

ECHO = """
import base64
asked = 0
def handler(event, context):
    global asked
    if event["path"] == "/third":
        asked += 1
        return {"statusCode": 200 if asked % 3 == 0 else 503}
    if event["path"] == "/fail":
        raise RuntimeError("no")
    if event["path"] == "/binary":
        return {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(b"\\xff\\x00").decode(),
                "headers": {"Content-Type": "application/octet-stream"}}
    import json
    return {"statusCode": 201, "headers": {"Content-Type": "application/json", "X-Own": "1"}, "body": json.dumps(event)}
"""


class Request(EmulatorTest):
    def setUp(self) -> None:
        super().setUp()
        ec2, elb = self.client("ec2"), self.client("elbv2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
                "SubnetId"
            ]
            for i, zone in enumerate("ab")
        ]
        created = elb.create_load_balancer(Name=f"lb-{self.suffix}", Subnets=subnets)["LoadBalancers"][0]
        self.arn, self.dns_name = created["LoadBalancerArn"], created["DNSName"]
        self.group = elb.create_target_group(Name=f"tg-{self.suffix}", TargetType="lambda")["TargetGroups"][0][
            "TargetGroupArn"
        ]
        self.forward = {"Type": "forward", "TargetGroupArn": self.group}
        self.lambda_arn = self.function(ECHO)

    def connect(self) -> None:
        self.permit()
        self.client("elbv2").register_targets(TargetGroupArn=self.group, Targets=[{"Id": self.lambda_arn}])
        self.listen(80, self.forward)

    def permit(self) -> None:
        self.client("lambda").add_permission(
            FunctionName=self.lambda_arn,
            StatementId="alb",
            Action="lambda:InvokeFunction",
            Principal="elasticloadbalancing.amazonaws.com",
            SourceArn=self.group,
        )

    def listen(self, port: int, action: dict[str, Any]) -> str:
        return self.client("elbv2").create_listener(
            LoadBalancerArn=self.arn, Protocol="HTTP", Port=port, DefaultActions=[action]
        )["Listeners"][0]["ListenerArn"]

    def request(
        self, method: str, path: str, body: bytes = b"", port: str = "", host: str | None = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(server_url()).netloc, timeout=30)
        target = path if host else f"/_alb/{self.dns_name}{port}{path}"
        connection.request(method, target, body, {**headers, **({"Host": host} if host else {})})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content, dict(answer.getheaders())

    def test_a_request_runs_the_function_with_a_load_balancers_event(self) -> None:
        self.connect()
        status, body, headers = self.request(
            "POST", "/a/b?x=1%202", b'{"k": 1}', **{"Content-Type": "application/json"}
        )
        event = json.loads(body)
        self.assertEqual((status, headers["X-Own"]), (201, "1"))
        self.assertEqual(
            (event["httpMethod"], event["path"], event["queryStringParameters"]), ("POST", "/a/b", {"x": "1 2"})
        )
        self.assertEqual((event["body"], event["isBase64Encoded"]), ('{"k": 1}', False))
        self.assertEqual(event["requestContext"], {"elb": {"targetGroupArn": self.group}})
        self.assertEqual(event["headers"]["x-forwarded-port"], "80")

    def test_the_host_header_finds_the_load_balancer_too(self) -> None:
        self.connect()
        status, body, _ = self.request("GET", "/health", host=self.dns_name)
        self.assertEqual((status, json.loads(body)["path"]), (201, "/health"))

    def test_the_name_of_an_alias_record_finds_it_too(self) -> None:
        self.connect()
        self.alias("plain", self.dns_name)
        status, _, _ = self.request("GET", "/hello", host=f"plain.{self.suffix}.example")
        self.assertEqual(status, 201)
        self.assertNotEqual(self.request("GET", "/hello", host=f"other.{self.suffix}.example")[0], 201)

    def test_weighted_aliases_answer_by_health(self) -> None:
        self.connect()
        zero = {"SetIdentifier": "zero", "Weight": 0}
        full = {"SetIdentifier": "full", "Weight": 100}
        self.alias("weighted", self.dns_name, **zero)
        # Nothing answers there, and nobody asks as long as there is no check.
        self.alias("weighted", "absent.example", **full)
        host = f"weighted.{self.suffix}.example"
        self.assertNotEqual(self.request("GET", "/hello", host=host)[0], 201)
        check = self.client("route53").create_health_check(
            CallerReference=self.suffix,
            HealthCheckConfig={"Type": "HTTP", "FullyQualifiedDomainName": "absent.example", "ResourcePath": "/x"},
        )["HealthCheck"]["Id"]
        self.alias("weighted", "absent.example", **full, HealthCheckId=check)
        self.assertEqual(self.request("GET", "/hello", host=host)[0], 201)

    def test_an_endpoint_may_fail_as_often_as_its_health_check_allows(self) -> None:
        self.connect()
        for threshold, status in ((3, 201), (2, 404)):
            check = self.client("route53").create_health_check(
                CallerReference=f"{self.suffix}-{threshold}",
                HealthCheckConfig={
                    "Type": "HTTP",
                    "FullyQualifiedDomainName": self.dns_name,
                    "ResourcePath": "/third",
                    "FailureThreshold": threshold,
                },
            )["HealthCheck"]["Id"]
            with self.subTest(threshold=threshold):
                name = f"third-{threshold}"
                self.alias(name, self.dns_name, SetIdentifier="full", Weight=100, HealthCheckId=check)
                self.alias(name, "absent.example", SetIdentifier="zero", Weight=0)
                self.assertEqual(self.request("GET", "/hello", host=f"{name}.{self.suffix}.example")[0], status)

    def alias(self, name: str, target: str, **more: Any) -> None:
        route53, domain = self.client("route53"), f"{self.suffix}.example"
        zones = route53.list_hosted_zones_by_name(DNSName=domain)["HostedZones"]
        named = [zone["Id"] for zone in zones if zone["Name"] == f"{domain}."]
        zone = named[0] if named else route53.create_hosted_zone(Name=domain, CallerReference=domain)["HostedZone"]["Id"]
        record = {
            "Name": f"{name}.{domain}",
            "Type": "A",
            "AliasTarget": {"HostedZoneId": "Z1", "DNSName": target, "EvaluateTargetHealth": False},
            **more,
        }
        changes = [{"Action": "UPSERT", "ResourceRecordSet": record}]
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})

    def test_binary_bodies_both_ways(self) -> None:
        self.connect()
        _, body, _ = self.request("PUT", "/x", b"\xff\x01", **{"Content-Type": "application/octet-stream"})
        event = json.loads(body)
        self.assertEqual((base64.b64decode(event["body"]), event["isBase64Encoded"]), (b"\xff\x01", True))
        self.assertEqual(self.request("GET", "/binary")[:2], (200, b"\xff\x00"))

    def test_errors_of_the_function_and_of_the_set_up(self) -> None:
        self.assertEqual(self.request("GET", "/")[0], 502)
        self.listen(80, self.forward)
        self.assertEqual(self.request("GET", "/")[0], 503)
        self.client("elbv2").register_targets(TargetGroupArn=self.group, Targets=[{"Id": self.lambda_arn}])
        self.assertEqual(self.request("GET", "/")[0], 502)
        self.permit()
        self.assertEqual(self.request("GET", "/")[0], 201)
        self.assertEqual(self.request("GET", "/fail")[0], 502)

    def test_redirects_and_fixed_answers(self) -> None:
        config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
        self.listen(80, {"Type": "redirect", "RedirectConfig": config})
        fixed = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "gone"}
        self.listen(81, {"Type": "fixed-response", "FixedResponseConfig": fixed})
        status, _, headers = self.request("GET", "/a?b=c", port=":80")
        self.assertEqual(status, 301)
        self.assertRegex(headers["Location"], r"^https://[^/]+:443/a\?b=c$")
        self.assertEqual(self.request("GET", "/", port=":81")[:2], (404, b"gone"))

    def test_rules_come_before_the_default_action(self) -> None:
        self.connect()
        listener = self.client("elbv2").describe_listeners(LoadBalancerArn=self.arn)["Listeners"][0]["ListenerArn"]
        fixed = {"StatusCode": "403", "ContentType": "text/plain"}
        for priority, pattern, status in ((20, "/admin*", "403"), (10, "/admin/open", "200")):
            self.client("elbv2").create_rule(
                ListenerArn=listener,
                Priority=priority,
                Conditions=[{"Field": "path-pattern", "Values": [pattern]}],
                Actions=[{"Type": "fixed-response", "FixedResponseConfig": {**fixed, "StatusCode": status}}],
            )
        found = [self.request("GET", path)[0] for path in ("/admin/x", "/admin/open", "/other")]
        self.assertEqual(found, [403, 200, 201])

    def test_other_paths_of_the_emulator_stay_aws(self) -> None:
        self.assertEqual(self.client("sts").get_caller_identity()["Account"], "123456789012")


if __name__ == "__main__":
    unittest.main()

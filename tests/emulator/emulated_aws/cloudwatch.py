"""CloudWatch: a change of an alarm's state, which only SetAlarmState makes, runs the alarm's SNS actions."""

from __future__ import annotations

import json
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.sns.models import sns_backends

from .extension import wraps


@wraps(CloudWatchBackend, "set_alarm_state")
def _set_alarm_state(
    original: Any, self: CloudWatchBackend, alarm_name: str, reason: str, reason_data: str, state_value: str
) -> None:
    before = self.alarms[alarm_name].state_value if alarm_name in self.alarms else None
    original(alarm_name, reason, reason_data, state_value)
    alarm = self.alarms[alarm_name]
    if alarm.actions_enabled and alarm.state_value != before:
        for action in _actions(alarm):
            _notify(self, alarm, action, before)


def _actions(alarm: Alarm) -> list[str]:
    match alarm.state_value:
        case "ALARM":
            return alarm.alarm_actions or []
        case "OK":
            return alarm.ok_actions
        case _:
            return alarm.insufficient_data_actions


def _notify(backend: CloudWatchBackend, alarm: Alarm, action: str, before: str) -> None:
    # An alarm's topic is in the alarm's own region.
    topic = sns_backends[backend.account_id][backend.region_name].topics.get(action)
    if not topic:
        return
    message = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.alarm_arn,
        "AWSAccountId": backend.account_id,
        "Region": backend.region_name,
        "OldStateValue": before,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": alarm.state_updated_timestamp.isoformat(),
    }
    subject = f'{alarm.state_value}: "{alarm.name}" in {backend.region_name}'
    topic.publish(json.dumps(message), subject=subject[:100])

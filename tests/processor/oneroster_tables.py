"""OneRoster's CSV files as the specifications list them: every column in its order, and the closed vocabularies.

Facts of 1EdTech, "OneRoster: CSV Binding 1.2.1" (22 August 2023), tables 3.1 to 3.22, and of "OneRoster v1.1.1: CSV
Tables" (22 August 2023). The rows are our own.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable

HEAD = "sourcedId,status,dateLastModified"
V1P2 = {
    "academicSessions": "title,type,startDate,endDate,parentSourcedId,schoolYear",
    "categories": "title,weight",
    "classes": "title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,"
    "subjectCodes,periods",
    "classResources": "title,classSourcedId,resourceSourcedId",
    "courses": "schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes",
    "courseResources": "title,courseSourcedId,resourceSourcedId",
    "demographics": "birthDate,sex,americanIndianOrAlaskaNative,asian,blackOrAfricanAmerican,"
    "nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,"
    "countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus",
    "enrollments": "classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
    "lineItemLearningObjectiveIds": "lineItemSourcedId,source,learningObjectiveId",
    "lineItems": "title,description,assignDate,dueDate,classSourcedId,categorySourcedId,academicSessionSourcedId,"
    "resultValueMin,resultValueMax,schoolSourcedId",
    "lineItemScoreScales": "title,lineItemSourcedId,scoreScaleSourcedId",
    "orgs": "name,type,identifier,parentSourcedId",
    "resources": "vendorResourceId,title,roles,importance,vendorId,applicationId",
    "resultLearningObjectiveIds": "resultSourcedId,source,learningObjectiveId,score,textScore",
    "results": "lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,textScore,classSourcedId,"
    "inProgress,incomplete,late,missing",
    "resultScoreScales": "title,resultSourcedId,scoreScaleSourcedId",
    "roles": "userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId",
    "scoreScales": "title,type,orgSourcedId,courseSourcedId,classSourcedId,scoreScaleValue",
    "userProfiles": "userSourcedId,profileType,vendorId,applicationId,description,credentialType,username,password",
    "userResources": "userSourcedId,orgSourcedId,classSourcedId,resourceSourcedId",
    "users": "enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,"
    "grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,"
    "preferredFamilyName,primaryOrgSourcedId,pronouns",
}
SINCE_12 = {
    "lineItemLearningObjectiveIds", "lineItemScoreScales", "resultLearningObjectiveIds", "resultScoreScales", "roles",
    "scoreScales", "userProfiles", "userResources",
}  # fmt: skip
V1P1 = {name: columns for name, columns in V1P2.items() if name not in SINCE_12} | {
    "categories": "title",
    "lineItems": "title,description,assignDate,dueDate,classSourcedId,categorySourcedId,gradingPeriodSourcedId,"
    "resultValueMin,resultValueMax",
    "results": "lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment",
    "users": "enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,"
    "phone,agentSourcedIds,grades,password",
}
VERSIONS = {"1.1": V1P1, "1.2": V1P2}

SCORE_STATUS = ("exempt", "fully graded", "not submitted", "partially graded", "submitted")
SEX_11, SEX_12 = ("male", "female"), ("male", "female", "unspecified", "other")
ORG_TYPES = ("department", "school", "district", "local", "state", "national")
ROLES_11 = ("administrator", "aide", "guardian", "parent", "proctor", "relative", "student", "teacher")
ROLES_12 = (
    "aide", "counselor", "districtAdministrator", "guardian", "parent", "principal", "proctor", "relative",
    "siteAdministrator", "student", "systemAdministrator", "teacher",
)  # fmt: skip

CELLS: dict[str, dict[str, str]] = {
    "academicSessions": {"title": "Fall", "type": "gradingPeriod", "startDate": "2025-08-20", "endDate": "2025-12-19",
                         "schoolYear": "2026"},
    "categories": {"title": "Benchmarks", "weight": "20"},
    "classes": {"title": "Maths 4", "grades": "04", "courseSourcedId": "k1", "classType": "scheduled",
                "schoolSourcedId": "s1", "termSourcedIds": "gp1", "subjects": "Mathematics", "periods": "1,3"},
    "classResources": {"classSourcedId": "c1", "resourceSourcedId": "x1"},
    "courses": {"title": "Maths", "orgSourcedId": "s1"},
    "courseResources": {"courseSourcedId": "k1", "resourceSourcedId": "x1"},
    "demographics": {"birthDate": "2015-04-23", "sex": "female", "white": "true", "asian": "false"},
    "enrollments": {"classSourcedId": "c1", "schoolSourcedId": "s1", "userSourcedId": "u1", "role": "student"},
    "lineItemLearningObjectiveIds": {"lineItemSourcedId": "l1", "source": "unknown", "learningObjectiveId": "4.OA.1"},
    "lineItems": {"title": "Mathematics", "assignDate": "2025-10-01", "dueDate": "2025-10-02", "classSourcedId": "c1",
                  "categorySourcedId": "g1", "academicSessionSourcedId": "gp1", "gradingPeriodSourcedId": "gp1",
                  "resultValueMin": "0.0", "resultValueMax": "100.0", "schoolSourcedId": "s1"},
    "lineItemScoreScales": {"lineItemSourcedId": "l1", "scoreScaleSourcedId": "z1"},
    "orgs": {"name": "Oak School", "type": "school", "identifier": "0001", "parentSourcedId": ""},
    "resources": {"vendorResourceId": "v1", "roles": "student,teacher"},
    "resultLearningObjectiveIds": {"resultSourcedId": "r1", "source": "unknown", "learningObjectiveId": "4.OA.1",
                                   "score": "3"},
    "results": {"lineItemSourcedId": "l1", "studentSourcedId": "u1", "scoreStatus": "fully graded", "score": "88.5",
                "scoreDate": "2025-10-02", "late": "true", "classSourcedId": "c1"},
    "resultScoreScales": {"resultSourcedId": "r1", "scoreScaleSourcedId": "z1"},
    "roles": {"userSourcedId": "u1", "roleType": "primary", "role": "student", "orgSourcedId": "s1"},
    "scoreScales": {"title": "Letters", "type": "letter", "orgSourcedId": "s1", "courseSourcedId": "k1",
                    "classSourcedId": "c1", "scoreScaleValue": "{A:90},{B:80}"},
    "userProfiles": {"userSourcedId": "u1", "profileType": "app", "vendorId": "v", "credentialType": "o",
                     "username": "ada"},
    "userResources": {"userSourcedId": "u1", "resourceSourcedId": "x1"},
    "users": {"enabledUser": "true", "username": "ada", "role": "student", "orgSourcedIds": "s1", "givenName": "Ada",
              "familyName": "Lovelace"},
}  # fmt: skip
IDS = {"classes": "c1", "demographics": "u1", "lineItems": "l1", "orgs": "s1", "results": "r1", "users": "u1"}


def columns(version: str, name: str) -> list[str]:
    """Return the columns of a file, in the specification's order."""
    return f"{HEAD},{VERSIONS[version][name]}".split(",")


def row(version: str, name: str, **more: str) -> list[str]:
    """Return one row of a file as a bulk export has it, with other cells where they are given."""
    cells = {"sourcedId": IDS.get(name, f"{name}-1"), **CELLS[name], **more}
    return [cells.get(column, "") for column in columns(version, name)]


def table(version: str, name: str, *rows: list[str]) -> str:
    """Return a file of these rows, or of one of our own."""
    return written([columns(version, name), *(rows or [row(version, name)])])


def written(rows: Iterable[list[str]]) -> str:
    """Return rows as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def manifest(version: str, modes: dict[str, str]) -> str:
    """Return a manifest that names every file of the version, those that are not given as absent."""
    entries = [(f"file.{name}", modes.get(name, "absent")) for name in VERSIONS[version]]
    return written([
        ["propertyName", "value"], ["manifest.version", "1.0"], ["oneroster.version", version], *map(list, entries),
        ["source.systemName", "Another system"],
    ])  # fmt: skip


def archive(files: dict[str, str]) -> bytes:
    """Return a zip of files, in this order, by their whole names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return out.getvalue()

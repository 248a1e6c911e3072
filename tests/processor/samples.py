"""Small files of each format, written by hand."""

from __future__ import annotations

USERS = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,"
    "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n"
    "u1,,,true,s1,student,u1,,Ada,Lovelace,,1001,,,,,04,\n"
    'u2,,,true,"s1,s2",student,u2,,Alan,Turing,M,1002,,,,,"4",\n'
    "t1,,,true,s1,teacher,t1,,Grace,Hopper,,9001,,,,,,\n"
)
ORGS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\ns1,,,Oak School,school,0001,d1\n"
CLASSES = (
    "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,"
    "termSourcedIds,subjects,subjectCodes,periods\nc1,,,Maths 4,04,k1,,homeroom,,s1,g1,Mathematics,,\n"
)
LINE_ITEMS = (
    "sourcedId,status,dateLastModified,title,description,assignDate,dueDate,classSourcedId,categorySourcedId,"
    "gradingPeriodSourcedId,resultValueMin,resultValueMax\nl1,,,Mathematics,,2025-10-01,2025-10-02,c1,k,g1,0,100\n"
)
RESULTS_HEAD = (
    "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment\n"
)
RESULTS = RESULTS_HEAD + "r1,,,l1,u1,fully graded,88.5,2025-10-02,\nr2,,,l1,u2,exempt,,2025-10-02,ill\n"
MANIFEST = (
    "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.results,{mode}\nfile.users,bulk\n"
    "source.systemName,Test\nsource.systemCode,T\n"
)
PLAIN = (
    "student_id,assessment,administration,date,score,level,standard,school_id,school_name,grade,given_name,family_name\n"
    "1001,Reading,Fall,2025-10-03,212,Proficient,,s1,Oak School,4,Ada,Lovelace\n"
    "1002,Reading,Fall,10/03/2025,190,Basic,,s1,Oak School,4,Alan,Turing\n"
)


def delta(*rows: str) -> str:
    """Return a results.csv of these rows."""
    return RESULTS_HEAD + "".join(f"{row}\n" for row in rows)

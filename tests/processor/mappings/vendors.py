"""Made-up rows in the columns of each kind of export, and what a person of the trade reads in them.

A case is the mapping, the row, and the results as (test, part, school year, window, date, grade, score, level).
"""

from __future__ import annotations

Result = tuple[str, str, int, str, str, str, float | None, str]
Case = tuple[str, dict[str, str], list[Result]]

DIBELS = {
    "School Year": "2025-2026", "School Name": "Oak", "Primary School ID": "0107", "Student Last Name": "Doe",
    "Student First Name": "Jo", "Enrollment Grade": "K", "Gender": "F", "Assessment": "mCLASS",
    "Assessment Edition": "DIBELS 8th Edition", "Assessment Grade": "K", "Benchmark Period": "BOY",
    "Composite Level": "At Benchmark", "Composite Score": "314", "Composite - National Norm Percentile": "71",
    "Letter Names (LNF) - Level": "At Benchmark", "Letter Names (LNF) - Score": "27", "Client Date": "2025-10-05",
    "Student Primary ID": "1001", "Primary ID - Student ID (State ID)": "9000001001",
}  # fmt: skip
WIDA = {
    "District Name": "Maple", "School Name": "Oak", "School Number": "0107", "Reported Record": "1",
    "Student Last Name": "Doe", "Student First Name": "Jo", "Gender": "F", "State Student ID": "9000001001",
    "District Student ID": "1001", "Grade": "03", "Ethnicity - Hispanic/Latino": "Y", "IEP Status": "",
    "Proficiency Level - Listening": "5.0", "Proficiency Level - Overall": "3.5", "Scale Score - Listening": "412",
    "Scale Score - Overall": "346", "CSEM - Overall": "9", "Test Completion Date": "2/14/2026",
}  # fmt: skip
COLLEGE_BOARD = {"AI_CODE": "471000", "AI_NAME": "Oak High", "NAME_LAST": "Doe", "NAME_FIRST": "Jo", "GENDER": "F",
                 "CB_ID": "100a", "SECONDARY_ID": "1001", "STATE_STUDENT_ID": "9000001001"}  # fmt: skip
WIDA_OF_A_STATE = {
    "District Name": "Maple", "School Name": "Oak", "School Number": "0107", "Reported Record": "1",
    "Student Last Name": "Doe", "Student First Name": "Jo", "State Student ID": "9000001001",
    "District Student ID": "1001", "Grade": "03", "Listening Scale Score": "412", "Listening Proficiency Level": "5.0",
    "Composite (Overall) Scale Score": "346", "Composite (Overall) Proficiency Level": "3.5",
    "Date of Testing": "2/14/2026",
}  # fmt: skip
STAAR = {
    "administration_date": "0426", "grade_level_tested": "05", "county_district_campus_number": "101912107",
    "campus_name": "OAK EL", "sex_code": "F", "local_student_id": "1001", "tx_unique_student_id": "9000001001",
    "hispanic_latino_code": "0", "white_code": "1", "economic_disadvantage_code": "2",
    "score_code_reading_language_arts": "S", "reading_language_arts_scale_score": "1612",
    "meets_grade_level_in_reading_language_arts": "1", "approaches_grade_level_in_reading_language_arts": "1",
    "masters_grade_level_in_reading_language_arts": "0", "score_code_mathematics": "A", "mathematics_scale_score": "",
    "meets_grade_level_in_mathematics": "", "approaches_grade_level_in_mathematics": "",
    "masters_grade_level_in_mathematics": "",
}  # fmt: skip
FAST = {"Assessment": "aReading", "School": "Oak", "Local ID": "1001", "State ID": "9000001001", "FAST ID": "77",
        "First Name": "Jo", "Last Name": "Doe", "Gender": "Female", "Race": "White",
        "Special Ed. Status": "General Ed", "Grade": "Nine"}  # fmt: skip

ENGAGE = {
    "Wave": "Wave 1", "School_Year": "23-24", "School_Number": "0107", "School_Name": "Oak", "Local_Student ID": "1001",
    "Student_First_Name": "Jo", "Student_Last_Name": "Doe", "Student_State_ID": "9000001001",
    "Student_Gender": "Female",
    "Student_Race": "White", "Student_Ethnicity": "Not Hispanic or Latino", "Student_Grade_Level": "KG",
    "Special_Ed": "NO", "English_Language_Learner": "NO", "Econ_Disadvantaged": "YES",
}  # fmt: skip

CASES: list[Case] = [
    (
        "nwea-map-growth",
        {
            "TermName": "Fall 2025-2026", "DistrictName": "Maple", "SchoolName": "Oak", "StudentID": "1001",
            "Student_StateID": "9000001001", "Subject": "Mathematics", "TestName": "Growth: Math 2-5",
            "TestStartDate": "09/16/2025", "TestDurationMinutes": "46", "TestRITScore": "208",
            "TestStandardError": "3.3", "TestPercentile": "57", "AchievementQuintile": "Avg",
            "Goal1Name": "Operations", "Goal1RitScore": "201", "Goal1Adjective": "LoAvg", "Goal2Name": "",
        },
        [
            ("MAP Growth Mathematics", "", 2026, "Fall", "2025-09-16", "", 208.0, "Avg"),
            ("MAP Growth Mathematics", "Operations", 2026, "Fall", "2025-09-16", "", 201.0, "LoAvg"),
        ],
    ),
    (
        "nwea-map-reading-fluency",
        {
            "TermName": "Winter 2025-2026", "SchoolName": "Oak", "StudentID": "1001", "Grade": "1",
            "AssignedTestType": "Adaptive Oral Reading", "ResultType": "Oral Reading",
            "TestCompletionDate": "1/22/2026", "OralReadingWCPMScaled": "51",
            "OralReadingRatePerformanceLevel": "Meets Expectation",
        },
        [("MAP Reading Fluency", "Oral Reading", 2026, "Winter", "2026-01-22", "01", 51.0, "Meets Expectation")],
    ),
    (
        "i-ready-reading",
        {
            "Last Name": "Doe", "First Name": "Jo", "Student ID": "1001", "Student Grade": "3",
            "Academic Year": "2025-2026", "School": "Oak", "Completion Date": "1/13/2026",
            "Norming Window": "Winter (November 16 - March 1)", "Duration (min)": "46", "Overall Scale Score": "424",
            "Overall Placement": "Grade 1", "Overall Relative Placement": "2 Grade Levels Below", "Percentile": "10",
            "Lexile Measure": "215L", "Phonics Scale Score": "403", "Phonics Relative Placement": "1 Grade Level Below",
            "Phonological Awareness Scale Score": "", "Phonological Awareness Relative Placement": "Not Assessed",
        },
        [
            ("i-Ready Diagnostic Reading", "", 2026, "Winter", "2026-01-13", "03", 424.0, "2 Grade Levels Below"),
            ("i-Ready Diagnostic Reading", "Phonics", 2026, "Winter", "2026-01-13", "03", 403.0, "1 Grade Level Below"),
        ],
    ),
    (
        "i-ready-math",
        {
            "Student ID": "1001", "Student Grade": "K", "Academic Year": "2025-2026", "School": "Oak",
            "Completion Date": "9/3/2025", "Overall Scale Score": "404", "Overall Placement": "Grade K",
            "Quantile Measure": "275Q", "Geometry Scale Score": "397", "Geometry Placement": "Grade K",
        },
        [
            ("i-Ready Diagnostic Mathematics", "", 2026, "Fall", "2025-09-03", "KG", 404.0, "Grade K"),
            ("i-Ready Diagnostic Mathematics", "Geometry", 2026, "Fall", "2025-09-03", "KG", 397.0, "Grade K"),
        ],
    ),
    (
        "i-ready",
        {
            "Student ID": "1001", "Subject": "Reading", "Student Grade": "3", "Academic Year": "2022-2023",
            "School": "Oak", "Diagnostic Completion Date (Most Recent)": "5/2/2023",
            "Diagnostic Overall Scale Score (Most Recent)": "468",
            "Diagnostic Overall Placement (Most Recent)": "Early 3",
        },
        [("i-Ready Diagnostic Reading", "", 2023, "Spring", "2023-05-02", "03", 468.0, "Early 3")],
    ),
    (
        "renaissance-star-reading",
        {
            "RenaissanceClientID": "100", "SchoolYear": "2025-2026", "StudentIdentifier": "1001",
            "StudentStateID": "9000001001", "StudentFirstName": "Jo", "StudentLastName": "Doe", "Gender": "F",
            "HispanicOrLatino": "No", "BlackOrAfricanAmerican": "Yes", "SchoolIdentifier": "0107",
            "SchoolName": "Oak", "AssessmentID": "a-1", "CompletedDate": "2025-08-22T02:53:10",
            "CompletedDateLocal": "2025-08-21T21:53:10", "AssessmentStatus": "Active", "Grade": "6",
            "ScaledScore": "472", "RaschScore": "-0.19", "UnifiedScore": "950", "GradeEquivalent": "3.2",
            "PercentileRank": "22", "Lexile": "BR400L", "ScreeningPeriodWindowName": "Fall",
            "RenaissanceBenchmarkCategoryName": "On Watch", "CurrentSGP": "85",
        },
        [("Star Reading", "", 2026, "Fall", "2025-08-21", "06", 472.0, "On Watch")],
    ),
    (
        "renaissance-star-math",
        {
            "RenaissanceClientID": "100", "SchoolYear": "2025-2026", "StudentIdentifier": "1001",
            "CompletedDateLocal": "2026-01-21T13:28:01", "ScaledScore": "650", "Quantile": "EM90Q", "Grade": "4",
        },
        [("Star Math", "", 2026, "Winter", "2026-01-21", "04", 650.0, "")],
    ),
    (
        "amplify-mclass-dibels-8",
        DIBELS,
        [
            ("DIBELS 8th Edition", "", 2026, "BOY", "2025-10-05", "KG", 314.0, "At Benchmark"),
            ("DIBELS 8th Edition", "Letter Names (LNF)", 2026, "BOY", "2025-10-05", "KG", 27.0, "At Benchmark"),
        ],
    ),
    (
        "amplify-mclass-dibels-next",
        {
            "School Year": "2022-2023", "School Name": "Oak", "Grade": "PK", "Assessment Edition": "DIBELS Next",
            "Benchmark Period": "MOY", "Assessment Measure-Composite Score-Levels": "Below Benchmark",
            "Assessment Measure-Composite Score-Score": "89", "Assessment Measure-FSF-Score": "21",
            "Assessment Measure-FSF-Levels": "Below Benchmark", "Client Date": "2023-01-11",
            "Student ID (District ID)": "1001",
        },
        [
            ("DIBELS Next", "", 2023, "MOY", "2023-01-11", "PK", 89.0, "Below Benchmark"),
            ("DIBELS Next", "FSF", 2023, "MOY", "2023-01-11", "PK", 21.0, "Below Benchmark"),
        ],
    ),
    (
        "dibels-data-system",
        {"Student ID": "1001", "School Year": "2025-2026", "Period": "EOY", "Grade": "2", "Composite Score": "410",
         "Composite Score Status": "Core Support", "School": "Oak"},
        [("DIBELS", "", 2026, "EOY", "2026-06-30", "02", 410.0, "Core Support")],
    ),
    (
        "wida-access",
        WIDA,
        [
            ("ACCESS for ELLs", "", 2026, "Annual", "2026-02-14", "03", 346.0, "3.5"),
            ("ACCESS for ELLs", "Listening", 2026, "Annual", "2026-02-14", "03", 412.0, "5"),
        ],
    ),
    (
        "wida-access",
        WIDA_OF_A_STATE,
        [
            ("ACCESS for ELLs", "", 2026, "Annual", "2026-02-14", "03", 346.0, "3.5"),
            ("ACCESS for ELLs", "Listening", 2026, "Annual", "2026-02-14", "03", 412.0, "5"),
        ],
    ),
    (
        "wida-alternate-access",
        {**WIDA, "State Alternate Assessment participation": "Y", "Proficiency Level - Overall": "P2",
         "Scale Score - Overall": "945", "Proficiency Level - Listening": "NA", "Scale Score - Listening": "NA"},
        [("Alternate ACCESS", "", 2026, "Annual", "2026-02-14", "03", 945.0, "P2")],
    ),
    (
        "sbac-caaspp",
        {"RecordType": "02", "SSID": "9000001001", "GradeAssessed": "04", "CALPADSSchoolCode": "0107",
         "CALPADSSchoolName": "Oak", "FinalTestCompletedDate": "2026-04-28", "RawScore1": "12", "ScaleScore": "2478",
         "SmarterScaleScoresErrorBandsMin": "2450", "AchievementLevels": "2", "Domain1Level": "1"},
        [
            ("Smarter Balanced Mathematics", "", 2026, "Spring", "2026-04-28", "04", 2478.0, "Level 2"),
            ("Smarter Balanced Mathematics", "Claim 1", 2026, "Spring", "2026-04-28", "04", None, "1"),
        ],
    ),
    (
        "sbac-two-subjects",
        {"TEST_YEAR": "2025-2026", "DISTID": "1001", "SSID": "9000001001", "ENROLLED_GRADE": "04",
         "LOCATION_CODE": "0107", "ELA_SCALE_SCORE": "2401", "ELA_ACHIEVE_LVL": "2", "ELA_SEM": "20",
         "MATH_SCALE_SCORE": "2478", "MATH_ACHIEVE_LVL": "3"},
        [
            ("Smarter Balanced ELA", "", 2026, "Spring", "2026-06-30", "04", 2401.0, "Level 2"),
            ("Smarter Balanced Mathematics", "", 2026, "Spring", "2026-06-30", "04", 2478.0, "Level 3"),
        ],
    ),
    (
        "sbac-state",
        {"School Year": "2025-26", "School Code": "0107", "School Name": "Oak", "SASID": "9000001001",
         "Subject": "ELA", "Grade": "05", "Performance Level Description": "Level 3", "Vertical Scale Score": "2522",
         "Target": "2531"},
        [("Smarter Balanced ELA", "", 2026, "Spring", "2026-06-30", "05", 2522.0, "Level 3")],
    ),
    (
        "sbac-by-grade",
        {"Student ID": "9000001001", "Enrolled Grade": "3", "Gender": "Female", "Enrolled School": "Oak (0107)",
         "Test Reason": "Spring 2026", "Date Taken": "04/28/2026", "Grade 3 Math - Summative Scale Score": "2440",
         "Grade 3 Math - Summative Scale Score Standard Error": "21",
         "Grade 3 Math - Summative Performance": "Level 3", "Concepts and Procedures Performance": "Above Standard"},
        [
            ("Smarter Balanced Math", "", 2026, "Spring", "2026-04-28", "03", 2440.0, "Level 3"),
            ("Smarter Balanced Math", "Concepts and Procedures", 2026, "Spring", "2026-04-28", "03", None,
             "Above Standard"),
        ],
    ),
    (
        "staar",
        STAAR,
        [("STAAR Reading Language Arts", "", 2026, "Spring", "2026-04-01", "05", 1612.0, "Meets Grade Level")],
    ),
    (
        "staar-interim",
        {"ADMINISTRATION TYPE": "INT", "ADMINISTRATION": "Window 2", "TEST DATE": "12012025", "TEST CODE": "I5C",
         "COUNTY-DISTRICT-CAMPUS NUMBER": "101912107", "CAMPUS-NAME": "OAK EL", "LOCAL-STUDENT-ID": "1001",
         "GRADE LEVEL TESTED": "05", "Total Scale Score": "3110", "Overall Raw Score": "11",
         "Opportunity Key": "k1"},
        [("STAAR Interim I5C", "", 2026, "Window 2", "2025-12-01", "05", 3110.0, "")],
    ),
    (
        "cmas",
        {"StateStudentIdentifier": "9000001001", "LocalStudentIdentifier": "1001", "Sex": "F",
         "GradeLevelWhenAssessed": "3", "TestCode": "MAT03", "TestStatus": "Attempt", "AssessmentYear": "2025-2026",
         "Subject": "Mathematics", "ResponsibleSchoolCode": "0107", "ResponsibleSchoolName": "Oak",
         "Unit1TestStartDateTime": "2026-04-20T20:25:06Z", "SS": "709", "SSCSEM": "10", "PerfLVL": "2",
         "PercentileRank": "23"},
        [("CMAS Mathematics", "", 2026, "Spring", "2026-04-20", "03", 709.0, "Partially Met Expectations")],
    ),
    (
        "sc-ready",
        {"TestAdmin": "SP26", "SchoolID": "01", "School": "Oak", "Grade": "4", "StateID": "9000001001",
         "PermID": "1001", "LName": "Doe", "FName": "Jo", "ELARS": "52", "ELASS": "", "ELAVSS": "533", "ELALev": "3",
         "ELASPR": "67", "MathSS": "", "MathVSS": "490", "MathLev": "4", **{f"Item{n}": "" for n in range(2_100)}},
        [
            ("SC READY ELA", "", 2026, "Spring", "2026-06-30", "04", 533.0, "Meets Expectations"),
            ("SC READY Mathematics", "", 2026, "Spring", "2026-06-30", "04", 490.0, "Exceeds Expectations"),
        ],
    ),
    (
        "eocep",
        {"TestAdmin": "FA25", "RSchoolID": "01", "School": "Oak", "TestDate": "20251214", "Subject": "A",
         "Grade": "09", "StateID": "9000001001", "PermID": "1001", "SS": "88", "Level": "B"},
        [("EOCEP Algebra 1", "", 2026, "Fall", "2025-12-14", "09", 88.0, "B")],
    ),
    (
        "ap",
        {"AP Number / AP ID": "1001", "Last Name": "Doe", "First Name": "Jo", "Grade Level": "6",
         "AI Code": "471000", "AI Institution Name": "Oak High", "Admin Year 01": "25", "Exam Code 01": "93",
         "Exam Grade 01": "4", "Admin Year 02": "26", "Exam Code 02": "07", "Exam Grade 02": "3",
         "Admin Year 03": "", "Exam Code 03": "", "Exam Grade 03": ""},
        [
            ("AP World History", "", 2025, "May", "2025-06-30", "11", 4.0, ""),
            ("AP United States History", "", 2026, "May", "2026-06-30", "11", 3.0, ""),
        ],
    ),
    (
        "sat",
        {**COLLEGE_BOARD, "LATEST_SAT_DATE": "2025-10-04", "LATEST_SAT_GRADE": "7", "LATEST_SAT_TOTAL": "1310",
         "LATEST_SAT_EBRW": "670", "LATEST_SAT_MATH_SECTION": "640", "PERCENTILE_NATREP_SAT_TOTAL": "92",
         "ADMIN2_SAT_DATE": "", "ADMIN2_SAT_TOTAL": ""},
        [
            ("SAT", "", 2026, "October", "2025-10-04", "12", 1310.0, ""),
            ("SAT", "Evidence-Based Reading and Writing", 2026, "October", "2025-10-04", "12", 670.0, ""),
            ("SAT", "Math", 2026, "October", "2025-10-04", "12", 640.0, ""),
        ],
    ),
    (
        "psat-nmsqt-and-10",
        {**COLLEGE_BOARD, "LATEST_PSAT_DATE": "10/15/2025", "LATEST_PSAT_GRADE": "6", "LATEST_PSAT_TOTAL": "1160",
         "SELECTION_INDEX": "177"},
        [("PSAT/NMSQT", "", 2026, "October", "2025-10-15", "11", 1160.0, "")],
    ),
    (
        "psat-8-9",
        {**COLLEGE_BOARD, "LATEST_PSAT_DATE": "9/26/2025", "LATEST_PSAT_GRADE": "4", "LATEST_PSAT_TOTAL": "710"},
        [("PSAT 8/9", "", 2026, "September", "2025-09-26", "09", 710.0, "")],
    ),
    (
        "act",
        {"ID_ACT": "1234567891", "ID_StateAssign": "9000001001", "ID_Local": "1001", "HS_GradeLev": "11th Grade",
         "HS_Code": "471000", "Test_Dte": "092025", "StRnk_Eng": "45", "Eng": "15", "Mth": "14", "Rdg": "23",
         "Sci": "10", "Composite": "16", "Sum_Scale": "62", "ELA": "--", "Sup_Composite": "19"},
        [
            ("ACT", "", 2026, "September", "2025-09-01", "11", 16.0, ""),
            ("ACT", "English", 2026, "September", "2025-09-01", "11", 15.0, ""),
            ("ACT", "Mathematics", 2026, "September", "2025-09-01", "11", 14.0, ""),
            ("ACT", "Reading", 2026, "September", "2025-09-01", "11", 23.0, ""),
            ("ACT", "Science", 2026, "September", "2025-09-01", "11", 10.0, ""),
        ],
    ),
    (
        "preact",
        {"student_unique_id": "1001", "School_Attend_Code": "471000", "Grade_Reported": "10", "Test_Dte": "20251007",
         "Eng": "08", "Mth": "13", "Rdg": "14", "Sci": "12", "Composite": "12"},
        [
            ("PreACT", "", 2026, "October", "2025-10-07", "10", 12.0, ""),
            ("PreACT", "English", 2026, "October", "2025-10-07", "10", 8.0, ""),
            ("PreACT", "Mathematics", 2026, "October", "2025-10-07", "10", 13.0, ""),
            ("PreACT", "Reading", 2026, "October", "2025-10-07", "10", 14.0, ""),
            ("PreACT", "Science", 2026, "October", "2025-10-07", "10", 12.0, ""),
        ],
    ),
    (
        "fastbridge-cat",
        {**FAST, "Fall aReading Test Theta": "533.0886", "Fall aReading Percentile at Nation": "40",
         "Fall aReading Risk Level": "someRisk", "Fall aReading Final Date": "09/26/2025",
         "Winter aReading Test Theta": "", "Winter aReading Final Date": "", "Winter aReading Risk Level": ""},
        [("FastBridge aReading", "", 2026, "Fall", "2025-09-26", "09", 533.0886, "someRisk")],
    ),
    (
        "fastbridge-cbmreading",
        {**FAST, "Fall CBMR-English Median WRC": "101", "Fall CBMR-English Percentile at Nation": "79",
         "Fall CBMR-English Risk Level": "lowRisk", "Fall CBMR-English Final Date": "9/22/2025"},
        [("FastBridge CBMR-English", "", 2026, "Fall", "2025-09-22", "09", 101.0, "lowRisk")],
    ),
    (
        "cogat",
        {"Building Name": "Oak", "Building Code": "0107", "Class Grade": "0", "Student ID": "1001",
         "Secondary Student ID": "9000001001", "Gender": "M", "Date Tested": "10122025", "Quartermonth": "Fall",
         "Universal Scale Score (USS) V": "153", "Universal Scale Score (USS) VQN": "157",
         "Standard Age Score (SAS) VQN": "112", "Age Percentile Rank (APR) VQN": "77"},
        [
            ("CogAT", "", 2026, "Fall", "2025-10-12", "KG", 157.0, ""),
            ("CogAT", "Verbal", 2026, "Fall", "2025-10-12", "KG", 153.0, ""),
            ("CogAT", "Standard age score", 2026, "Fall", "2025-10-12", "KG", 112.0, ""),
        ],
    ),
    (
        "plain-csv",
        {"Student Number": "1001", "Test": "State Math", "Window": "Spring", "School Year": "2024-2025",
         "Score": "512", "Performance Level": "Meets", "School": "Oak", "Grade Level": "4th"},
        [("State Math", "", 2025, "Spring", "2025-06-30", "04", 512.0, "Meets")],
    ),
    (
        "tx-kea",
        {**ENGAGE, "TEA_KG_Readiness": "0", "TEA_KG_Readiness_Date": "8/25/2023", "CP_TEA_KG_Readiness": "Support",
         "TXKEA_Math_Sp": "12", "TXKEA_Math_Sp_Date": "8/28/2023", "CP_TXKEA_Math_Sp": "On-Track"},
        [("TX-KEA TEA_KG_Readiness", "", 2024, "Wave 1", "2023-08-25", "KG", 0.0, "Support"),
         ("TX-KEA TXKEA_Math_Sp", "", 2024, "Wave 1", "2023-08-28", "KG", 12.0, "On-Track")],
    ),
    (
        "circle",
        {**ENGAGE, "Student_Grade_Level": "PK", "RLN_v1": "37", "RLN_v1_Date": "9/12/2023 9:08",
         "CP_RLN_v1": "On Track",
         "PA_v2": "22", "PA_v2_Date": "9/12/2023", "CP_PA_v2": "Emerging", "PA_v2_Rhyming_I_v2": "5",
         "CP_PA_v2_Rhyming_I_v2": "Emerging"},
        [("CIRCLE RLN_v1", "", 2024, "Wave 1", "2023-09-12", "PK", 37.0, "On Track"),
         ("CIRCLE PA_v2", "", 2024, "Wave 1", "2023-09-12", "PK", 22.0, "Emerging"),
         ("CIRCLE PA_v2", "Rhyming_I_v2", 2024, "Wave 1", "2023-09-12", "PK", 5.0, "Emerging")],
    ),
    (
        "ts-gold",
        {"ChildID": "9000001001", "SourceChildID": "1001", "Child F Name": "Jo", "Child L Name": "Doe",
         "ClassID": "7",
         "SiteID": "0107", "Site": "Oak", "Free Lunch": "N", "First Day In Program": "9/1/2022", "Gender": "Female",
         "Fall 2022/2023 Age/Grade": "Kindergarten", "Fall 2022/2023 Literacy Date Finalized": "10/16/2022",
         "Fall 2022/2023 Literacy Raw Score": "44", "Fall 2022/2023 Literacy Scale Score": "495",
         "Fall 2022/2023 Literacy WHE": "Below", "Spring 2022/2023 Physical Date Finalized": "5/2/2023",
         "Spring 2022/2023 Physical Raw Score": "36", "Spring 2022/2023 Physical WHE": "Meet"},
        [("GOLD Literacy", "", 2023, "Fall", "2022-10-16", "KG", 495.0, "Below"),
         ("GOLD Physical", "", 2023, "Spring", "2023-05-02", "", 36.0, "Meet")],
    ),
    (
        "iowa",
        {"Test": "IOWA", "Building Name": "Oak", "Building Code": "0107", "Class Grade": "2",
         "Date Tested": "10162023",
         "Student Last Name": "Doe", "Student First Name": "Jo", "Student ID": "1001",
         "Secondary Student ID": "9000001001", "Student Gender": "F", "Battery": "C", "Norm Year": "17",
         "Quartermonth": "Fall", "Standard Score (SS)": "165                              153",
         "National Percentile Rank (NPR)": "69                    39"},
        [("Iowa Assessments Reading", "", 2024, "Fall", "2023-10-16", "02", 165.0, ""),
         ("Iowa Assessments Mathematics", "", 2024, "Fall", "2023-10-16", "02", 153.0, "")],
    ),
    (
        "pals",
        {"YEAR": "2022-2023", "SEMESTER": "f", "SCH_NO": "0107", "SCH_NM": "Oak", "CL_GRADE": "p",
         "STD_PID": "77", "STD_STI": "1001", "STD_LASTNM": "Doe", "STD_FIRSTNM": "Jo", "STD_GEN": "f",
         "ASSESSDATE": "8/15/2022",
         "NAMEWRI": "2", "ALPHA_UC": "0", "RHYME": ""},
        [("PALS", "NAMEWRI", 2023, "Fall", "2022-08-15", "PK", 2.0, ""),
         ("PALS", "ALPHA_UC", 2023, "Fall", "2022-08-15", "PK", 0.0, "")],
    ),
    (
        "sc-performance-task",
        {"testadmin": "SP25", "schoolid": "0107", "school": "Oak", "stateid": "9000001001", "psid": "1001",
         "fname": "Jo", "lname": "Doe", "grade": "2", "gender": "F", "vtotal": "16", "nvtotal": "13", "qualify": "V"},
        [("SC Performance Task Assessment", "", 2025, "Spring", "2025-06-30", "02", None, "V"),
         ("SC Performance Task Assessment", "Verbal", 2025, "Spring", "2025-06-30", "02", 16.0, ""),
         ("SC Performance Task Assessment", "Nonverbal", 2025, "Spring", "2025-06-30", "02", 13.0, "")],
    ),
    (
        "myigdis",
        {"School Year": "2022-2023", "School Name": "Oak", "Student's First Name": "Jo",
         "Student's Last Name": "Doe",
         "Init District Id": "2499", "Student Id": "1001",
         "Early Literacy+/Picture Naming/Fall Screening/Scaled Score": "45",
         "Early Literacy+/Picture Naming/Fall Screening/Date Of Administration": "9/20/2022",
         "Early Literacy+/Picture Naming/Fall Screening/Tier": "Tier II/III"},
        [("myIGDIs Early Literacy+/Picture Naming", "", 2023, "Fall Screening", "2022-09-20", "PK", 45.0,
          "Tier II/III")],
    ),
    (
        "fastbridge-comprehension",
        {**FAST, "Assessment": "Comprehension Recall", "Grade": "Two",
         "Fall Comprehension Recall Detailed Comp Items Correct": "5",
         "Fall Comprehension Recall Synthesis Comp Items Correct": "4",
         "Fall Comprehension Recall Risk Level": "someRisk", "Fall Comprehension Recall Final Date": "9/22/2022"},
        [("FastBridge Comprehension Recall", "", 2023, "Fall", "2022-09-22", "02", 5.0, "someRisk"),
         ("FastBridge Comprehension Recall", "Synthesis", 2023, "Fall", "2022-09-22", "02", 4.0, "")],
    ),
]  # fmt: skip
